import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, Files, LogOut, Settings, SunMoon, Trash2 } from "lucide-react";
import { useEffect } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { meQuery } from "../api/queries";
import { signOut } from "../features/auth/signOut";
import { useListsFollowUploads, useNoStrayDrops } from "../features/files/uploading";
import { StorageMeter } from "../features/settings/StorageMeter";
import { MenuButton, type MenuGroups } from "../ui/Menu";
import { uploader } from "../upload";
import { DockArea } from "./Dock";
import icon from "./icon.svg";
import { setPreference, type Theme, usePreferences } from "./preferences";
import styles from "./Shell.module.css";

const themes: { value: Theme; label: string }[] = [
  { value: "system", label: "Theme of the system" },
  { value: "light", label: "Light theme" },
  { value: "dark", label: "Dark theme" },
];

export function Shell() {
  const { data: me } = useQuery(meQuery);
  const userId = me?.id;
  useListsFollowUploads();
  useNoStrayDrops();

  useEffect(() => {
    if (userId !== undefined) void uploader.start(userId);
  }, [userId]);

  return (
    <div className={styles.shell}>
      <a href="#content" className={styles.skip}>
        Skip to the files
      </a>
      <aside className={styles.sidebar} aria-label="Places">
        <Link to="/" className={styles.brand}>
          <img src={icon} alt="" width={20} height={20} />
          Fardel
        </Link>
        <nav aria-label="Main" className={styles.nav}>
          <Places />
        </nav>
        <div className={styles.foot}>
          <StorageMeter />
          <Account />
        </div>
      </aside>
      <main id="content" className={styles.main}>
        <DockArea>
          <Outlet />
        </DockArea>
      </main>
      <nav aria-label="Main" className={styles.tabs}>
        <Places />
        <Link to="/settings" className={styles.place}>
          <Settings aria-hidden />
          Settings
        </Link>
      </nav>
    </div>
  );
}

function Places() {
  const { pathname } = useLocation();
  const inFiles = pathname === "/" || pathname.startsWith("/folders/");
  return (
    <>
      <Link
        to="/"
        className={styles.place}
        activeOptions={{ exact: true, includeSearch: false }}
        {...(inFiles ? { "data-status": "active" } : {})}
      >
        <Files aria-hidden />
        My files
      </Link>
      <Link to="/trash" className={styles.place} activeOptions={{ includeSearch: false }}>
        <Trash2 aria-hidden />
        Trash
      </Link>
    </>
  );
}

function Account() {
  const { data: me } = useQuery(meQuery);
  const { theme } = usePreferences();
  const navigate = useNavigate();
  const groups: MenuGroups = [
    [
      {
        id: "settings",
        label: "Settings",
        icon: Settings,
        run: () => void navigate({ to: "/settings" }),
      },
    ],
    themes.map(({ value, label }) => ({
      id: value,
      label,
      icon: SunMoon,
      checked: theme === value,
      run: () => setPreference("theme", value),
    })),
    [{ id: "sign-out", label: "Sign out", icon: LogOut, run: () => void signOut() }],
  ];
  return (
    <MenuButton label="Account" groups={groups}>
      <AriaButton className={styles.account ?? ""} aria-label={`Account of ${me?.name ?? "you"}`}>
        <span className={styles.avatar} aria-hidden>
          {initialOf(me?.name)}
        </span>
        <span className={styles.who}>
          <bdi>{me?.name}</bdi>
          <bdi className={styles.email}>{me?.email}</bdi>
        </span>
        <ChevronsUpDown aria-hidden />
      </AriaButton>
    </MenuButton>
  );
}

function initialOf(name: string | undefined): string {
  return [...(name ?? "")][0]?.toLocaleUpperCase() ?? "";
}

import { Monitor, Moon, Sun } from "lucide-react";
import { type ReactNode, useEffect, useId } from "react";
import { setPreference, usePreferences } from "../../app/preferences";
import { Choice } from "../../ui/Choice";
import { ApiKeys } from "./ApiKeys";
import { Password } from "./Password";
import { Profile } from "./Profile";
import { Sessions } from "./Sessions";
import styles from "./Settings.module.css";
import { SignOutButton } from "./SignOutButton";
import { StorageMeter } from "./StorageMeter";

export function SettingsPage() {
  const { theme } = usePreferences();

  useEffect(() => {
    document.title = "Settings · Fardel";
  }, []);

  return (
    <div className={styles.page}>
      <div className={styles.column}>
        <header className={styles.header}>
          <h1>Settings</h1>
          <SignOutButton />
        </header>
        <Section title="Profile">
          <Profile />
        </Section>
        <Section title="Appearance">
          <div>
            <Choice
              label="Theme"
              value={theme}
              options={[
                { value: "system", label: "System", icon: Monitor },
                { value: "light", label: "Light", icon: Sun },
                { value: "dark", label: "Dark", icon: Moon },
              ]}
              onChange={(value) => setPreference("theme", value)}
            />
          </div>
        </Section>
        <Section title="Storage">
          <StorageMeter />
        </Section>
        <Section title="Password" lead="Changing it signs out every other device.">
          <Password />
        </Section>
        <Section title="Devices" lead="Where you are signed in.">
          <Sessions />
        </Section>
        <Section title="API keys" lead="For scripts and other programs that act as you.">
          <ApiKeys />
        </Section>
      </div>
    </div>
  );
}

interface SectionProps {
  title: string;
  lead?: string;
  children: ReactNode;
}

function Section({ title, lead, children }: SectionProps) {
  const heading = useId();
  return (
    <section aria-labelledby={heading} className={styles.section}>
      <div>
        <h2 id={heading}>{title}</h2>
        {lead && <p className={styles.lead}>{lead}</p>}
      </div>
      {children}
    </section>
  );
}

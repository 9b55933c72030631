import { useQuery } from "@tanstack/react-query";
import { meQuery } from "../../api/queries";
import { formats } from "../../ui/format";
import { Meter } from "../../ui/Meter";
import styles from "./Settings.module.css";

export function StorageMeter() {
  const { data: me } = useQuery(meQuery);
  if (!me) return null;
  const { usedBytes, reservedBytes, quotaBytes } = me.storage;
  const used = usedBytes + reservedBytes;
  if (!quotaBytes) return <p className={styles.used}>{formats.size(used)} used</p>;
  return (
    <Meter
      label={`${formats.size(used)} of ${formats.size(quotaBytes)} used`}
      value={used}
      max={quotaBytes}
    />
  );
}

export { UploadTray } from "./UploadTray";

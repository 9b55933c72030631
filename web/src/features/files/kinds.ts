import {
  File,
  FileArchive,
  FileCode,
  FileImage,
  FileMusic,
  FilePlay,
  FileSpreadsheet,
  FileText,
  Folder,
  type LucideIcon,
  Presentation,
} from "lucide-react";
import type { FileResource } from "../../api/resources";

type Category = NonNullable<FileResource["category"]>;

const kinds: Record<Category, { icon: LucideIcon; label: string }> = {
  image: { icon: FileImage, label: "Image" },
  video: { icon: FilePlay, label: "Video" },
  audio: { icon: FileMusic, label: "Audio" },
  document: { icon: FileText, label: "Document" },
  spreadsheet: { icon: FileSpreadsheet, label: "Spreadsheet" },
  presentation: { icon: Presentation, label: "Presentation" },
  archive: { icon: FileArchive, label: "Archive" },
  code: { icon: FileCode, label: "Code" },
  text: { icon: FileText, label: "Text" },
  other: { icon: File, label: "File" },
};

export function kindOf(file: FileResource): { icon: LucideIcon; label: string } {
  if (file.kind === "folder") return { icon: Folder, label: "Folder" };
  return kinds[file.category ?? "other"] ?? kinds.other;
}

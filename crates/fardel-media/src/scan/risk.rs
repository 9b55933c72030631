//! Kinds of content that act when they are opened.

/// A reason for care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// A program or installer.
    Executable,
    /// A script that the system runs at a click.
    Script,
    /// An office document with macros.
    Macro,
    /// A shortcut or a disk image: opens something else.
    Container,
}

impl Risk {
    /// Bytes of the start that tell.
    pub(super) const HEAD: usize = 512;

    pub(super) fn of_extension(extension: &str) -> Option<Self> {
        Some(match extension.to_ascii_lowercase().as_str() {
            "exe" | "dll" | "com" | "scr" | "msi" | "msix" | "cpl" | "sys" | "apk" | "jar" | "deb" | "rpm" | "pkg"
            | "appimage" | "ipa" => Self::Executable,
            "bat" | "cmd" | "ps1" | "psm1" | "vbs" | "vbe" | "js" | "jse" | "wsf" | "wsh" | "hta" | "sh" | "bash"
            | "zsh" | "command" | "reg" | "scf" | "applescript" => Self::Script,
            "docm" | "dotm" | "xlsm" | "xltm" | "xlam" | "xlsb" | "pptm" | "potm" | "ppam" | "ppsm" => Self::Macro,
            "lnk" | "url" | "iso" | "img" | "vhd" | "vhdx" | "dmg" | "desktop" | "webloc" => Self::Container,
            _ => return None,
        })
    }

    pub(super) fn of_head(head: &[u8]) -> Option<Self> {
        const EXECUTABLE: [&[u8]; 8] = [
            b"MZ",
            b"\x7fELF",
            b"\xfe\xed\xfa\xce",
            b"\xfe\xed\xfa\xcf",
            b"\xce\xfa\xed\xfe",
            b"\xcf\xfa\xed\xfe",
            b"\xca\xfe\xba\xbe",
            b"dex\n",
        ];
        if EXECUTABLE.iter().any(|magic| head.starts_with(magic)) {
            return Some(Self::Executable);
        }
        if head.starts_with(b"L\0\0\0\x01\x14\x02\0") {
            return Some(Self::Container);
        }
        (head.starts_with(b"#!") || head.starts_with(b"\xef\xbb\xbf#!")).then_some(Self::Script)
    }
}

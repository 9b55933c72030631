//! The only unsafe code of this crate: the C encoder of WebP, and closing what was inherited.
#![allow(unsafe_code)]

use crate::parse::Picture;

/// Encodes a picture as lossy WebP (libwebp's method 4). `None` if the encoder is out of memory or the picture is
/// larger than the format's 16,383 pixels a side.
pub(crate) fn encode_webp(picture: &Picture, quality: u8) -> Option<Vec<u8>> {
    let width = i32::try_from(picture.width).ok()?;
    let height = i32::try_from(picture.height).ok()?;
    let stride = width.checked_mul(4)?;
    let expected = picture.width as usize * picture.height as usize * 4;
    if expected == 0 || picture.pixels.len() != expected {
        return None;
    }
    let mut output: *mut u8 = std::ptr::null_mut();
    // SAFETY: `pixels` holds exactly `height` rows of `stride` bytes, four bytes a pixel, checked above, and is not
    // changed during the call. `output` is a valid place for one pointer. The function keeps neither.
    let length = unsafe {
        libwebp_sys::WebPEncodeRGBA(picture.pixels.as_ptr(), width, height, stride, f32::from(quality), &raw mut output)
    };
    if length == 0 || output.is_null() {
        return None;
    }
    // SAFETY: on success `output` points to `length` initialised bytes that are ours alone until WebPFree.
    let bytes = unsafe { std::slice::from_raw_parts(output, length) }.to_vec();
    // SAFETY: `output` came from libwebp's allocator, is freed once, and is not used after this.
    unsafe { libwebp_sys::WebPFree(output.cast()) };
    Some(bytes)
}

/// Closes every descriptor but the standard three. Rust opens all its own to close on exec; this is for those that the
/// parent inherited itself.
#[cfg(target_os = "linux")]
pub(crate) fn close_inherited() -> std::io::Result<()> {
    // SAFETY: called as the first act of a process with one thread, when no value of this program owns a descriptor
    // above 2, so none can be closed under its owner.
    let outcome = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) };
    if outcome == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

//! Seccomp: which system calls are left. What is denied fails with an error and not with death, so that a library that
//! merely asks goes on without.

use std::collections::BTreeMap;
use std::io;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Allows reading the input, answering, and memory; nothing that opens, starts, connects or changes anything.
pub(super) fn allow_reading_and_answering() -> io::Result<bool> {
    apply(reading_and_answering().map_err(io::Error::other)?, false)
}

/// Allows everything but the network, other processes and the kernel's inner workings: for outside programs, whose
/// needs are not known call by call.
pub(super) fn deny_network_and_kernel() -> io::Result<bool> {
    let mut rules: Rules = NEVER_FOR_TOOLS.iter().map(|&call| (call, Vec::new())).collect();
    #[cfg(target_arch = "x86_64")]
    rules.extend([(libc::SYS_fork, Vec::new()), (libc::SYS_vfork, Vec::new())]);
    // Threads yes, processes no: one that lives on would hold the pipes open. What clone3 is asked for cannot be seen
    // from here; without it the C library takes clone.
    rules.insert(libc::SYS_clone3, Vec::new());
    let process = has_none_of(0, libc::CLONE_THREAD).and_then(|condition| when(&[condition]));
    rules.insert(libc::SYS_clone, vec![process.map_err(io::Error::other)?]);
    apply(rules, true)
}

fn reading_and_answering() -> Result<Rules, seccompiler::BackendError> {
    let mut rules: Rules = [
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_pread64,
        libc::SYS_lseek,
        libc::SYS_close,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_restart_syscall,
        libc::SYS_rt_sigreturn,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_sigaltstack,
        libc::SYS_getrandom,
        libc::SYS_clock_gettime,
        libc::SYS_gettimeofday,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_sched_yield,
    ]
    .into_iter()
    .map(|call| (call, Vec::new()))
    .collect();

    // Answers go to the two pipes only: the input stays as it is, even if it was opened for writing.
    let to_pipes = || -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
        Ok(vec![when(&[equals(0, 1)?])?, when(&[equals(0, 2)?])?])
    };
    rules.insert(libc::SYS_write, to_pipes()?);
    rules.insert(libc::SYS_writev, to_pipes()?);
    // A descriptor may be doubled and looked at, as `File` does.
    let asks_for = |what: i32| when(&[equals(1, u64::from(what.unsigned_abs()))?]);
    rules.insert(libc::SYS_fcntl, vec![asks_for(libc::F_DUPFD_CLOEXEC)?, asks_for(libc::F_GETFD)?]);
    // No memory becomes code, and none is shared with the file it comes from.
    let no_code = || has_none_of(2, libc::PROT_EXEC);
    rules.insert(libc::SYS_mmap, vec![when(&[no_code()?, has_none_of(3, libc::MAP_SHARED)?])?]);
    rules.insert(libc::SYS_mprotect, vec![when(&[no_code()?])?]);
    // abort() raises a signal in this process, and no other gets one.
    rules.insert(libc::SYS_tgkill, vec![when(&[equals(0, u64::from(std::process::id()))?])?]);
    Ok(rules)
}

fn when(conditions: &[SeccompCondition]) -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(conditions.to_vec())
}

fn equals(argument: u8, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
}

fn has_none_of(argument: u8, bits: i32) -> Result<SeccompCondition, seccompiler::BackendError> {
    let mask = u64::from(bits.unsigned_abs());
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask), 0)
}

/// Installs a filter; `Ok(false)` where the kernel or the processor has no seccomp.
fn apply(rules: Rules, listed_are_denied: bool) -> io::Result<bool> {
    let Ok(architecture) = std::env::consts::ARCH.try_into() else { return Ok(false) };
    let denied = |error: i32| SeccompAction::Errno(error.unsigned_abs());
    let (others, listed) = if listed_are_denied {
        (SeccompAction::Allow, denied(libc::ENOSYS))
    } else {
        (denied(libc::EPERM), SeccompAction::Allow)
    };
    let program: BpfProgram = SeccompFilter::new(rules, others, listed, architecture)
        .and_then(TryInto::try_into)
        .map_err(io::Error::other)?;
    match seccompiler::apply_filter(&program) {
        Ok(()) => Ok(true),
        Err(seccompiler::Error::Seccomp(error) | seccompiler::Error::Prctl(error))
            if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EINVAL)) =>
        {
            Ok(false)
        }
        Err(error) => Err(io::Error::other(error)),
    }
}

/// What no program that reads a video needs.
const NEVER_FOR_TOOLS: &[i64] = &[
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_recvmmsg,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_execveat,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_memfd_create,
    libc::SYS_personality,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_capset,
];

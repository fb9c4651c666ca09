//! What a process may touch, given up for good: files and network by Landlock, system calls by seccomp. Both
//! hold for whatever the process starts, too; nobody can take them back.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::thread;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope, path_beneath_rules,
};
use seccompiler::SeccompCmpOp::{Eq, MaskedEq, Ne};
use seccompiler::{
    BackendError, BpfProgram, BpfProgramRef, SeccompAction, SeccompCmpArgLen, SeccompCmpOp,
    SeccompCondition, SeccompFilter, SeccompRule, sock_filter,
};

/// Calls that no station has a use for are refused, by seccomp.
const CALLS: &str = "calls";
/// Binding and connecting are refused; not asked for where the network is allowed.
const TCP: &str = "tcp";
type Apply = fn(BpfProgramRef<'_>) -> Result<(), seccompiler::Error>;
type Ask = fn(Ruleset) -> Result<Ruleset, RulesetError>;
/// What Landlock can give, in the order in which kernels learned it: ABI 1, 3, 4, 5 and 6. Of later ones
/// nothing is asked for.
const PARTS: [(&str, Ask); 5] = [
    ("files", |ruleset| ruleset.handle_access(AccessFs::from_all(ABI::V1))),
    ("truncation", |ruleset| ruleset.handle_access(AccessFs::Truncate)),
    (TCP, |ruleset| ruleset.handle_access(AccessNet::from_all(ABI::V4))),
    ("devices", |ruleset| ruleset.handle_access(AccessFs::IoctlDev)),
    ("signals", |ruleset| ruleset.scope(Scope::from_all(ABI::V6))),
];

/// Where a process may still go. What does not exist is passed over.
#[derive(Debug, Default, Clone)]
pub struct Places {
    /// To read and run what is there.
    pub read: Vec<PathBuf>,
    /// Folders whose names may be listed, with those of all folders in them.
    pub list: Vec<PathBuf>,
    /// To read, write, make and remove what is there, not to run it.
    pub write: Vec<PathBuf>,
}

/// What this kernel offers: `calls`, `files`, `truncation`, `tcp`, `devices`, `signals`, or less. Each is tried: a
/// filter around this process may refuse what the kernel has.
#[must_use]
pub fn offered() -> Vec<&'static str> {
    // A thread takes its filter with it when it ends.
    let tried = thread::spawn(|| refuse_calls(true, seccompiler::apply_filter)).join();
    let calls = matches!(tried, Ok(Ok(()))).then_some(CALLS);
    calls.into_iter().chain(landlock_offered()).collect()
}

fn landlock_offered() -> impl Iterator<Item = &'static str> {
    let strict = || Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    let there =
        PARTS.iter().filter(move |(_, ask)| ask(strict()).and_then(Ruleset::create).is_ok());
    there.map(|(name, _)| *name)
}

/// Confines this process: to `places` when there are any, to this machine without `network`, and from calls
/// that no station has a use for. Gives what was obtained, in the words of [`offered`].
///
/// # Errors
/// With `places`: when other threads have begun, which would go free; when the kernel has Landlock and does not
/// take the rules.
pub fn confine(places: Option<&Places>, network: bool) -> io::Result<Vec<&'static str>> {
    let mut obtained = Vec::new();
    if let Some(places) = places {
        let threads = fs::read_dir("/proc/self/task")?.count();
        if threads != 1 {
            let told = format!("{threads} threads run already, and Landlock takes one");
            return Err(io::Error::other(told));
        }
        obtained = restrict(places, network).map_err(io::Error::other)?;
    }
    if refuse_calls(network, seccompiler::apply_filter_all_threads).is_ok() {
        obtained.insert(0, CALLS);
    }
    Ok(obtained)
}

fn restrict(places: &Places, network: bool) -> Result<Vec<&'static str>, RulesetError> {
    let there: Vec<_> = landlock_offered().collect();
    let asked = PARTS.iter().filter(|(name, _)| !(network && *name == TCP));
    // Moves between folders (ABI 2); an earlier kernel refuses them everywhere.
    let moves = Ruleset::default().handle_access(AccessFs::Refer)?;
    let ruleset = asked.clone().try_fold(moves, |ruleset, (_, ask)| ask(ruleset))?;
    let (read, all) = (AccessFs::from_read(ABI::V5), AccessFs::from_all(ABI::V5));
    let write = all & !(AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock);
    let status = ruleset
        .create()?
        .add_rules(path_beneath_rules(&places.read, read))?
        .add_rules(path_beneath_rules(&places.list, AccessFs::ReadDir))?
        .add_rules(path_beneath_rules(&places.write, write))?
        .restrict_self()?;
    if status.ruleset == RulesetStatus::NotEnforced {
        return Ok(Vec::new());
    }
    Ok(asked.map(|(name, _)| *name).filter(|name| there.contains(name)).collect())
}

fn refuse_calls(network: bool, apply: Apply) -> Result<(), seccompiler::Error> {
    let unknown: BTreeMap<_, _> = UNKNOWN.iter().map(|call| (*call, Vec::new())).collect();
    let mut refused: BTreeMap<_, _> = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    refused.insert(libc::SYS_clone, namespaces()?);
    refused.insert(libc::SYS_socket, sockets(network)?);
    for (rules, errno) in [(unknown, libc::ENOSYS), (refused, libc::EPERM)] {
        let refuse = SeccompAction::Errno(errno.unsigned_abs());
        let arch = std::env::consts::ARCH.try_into()?;
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch)?;
        let program = BpfProgram::try_from(filter)?;
        apply(&[other_numbers(), program].concat())?;
    }
    Ok(())
}

/// Calls whose arguments lie in memory, where a filter cannot look: answered as by a kernel that does not have
/// them, upon which libraries take the older ones. What `io_uring` does passes no filter.
const UNKNOWN: [i64; 4] = [
    libc::SYS_clone3,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
];

/// Other processes' memory and descriptors; mounts and roots; the kernel's own programs, modules, keys,
/// counters and clocks; whole machines' names, disks and power.
const REFUSED: &[i64] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_userfaultfd,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_lookup_dcookie,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    #[cfg(not(target_arch = "riscv64"))]
    libc::SYS_kexec_file_load,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_settimeofday,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_quotactl,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_reboot,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
];

fn when(
    argument: u8,
    operator: SeccompCmpOp,
    value: i32,
) -> Result<SeccompCondition, BackendError> {
    let value = u64::from(value.cast_unsigned());
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
}

/// A new namespace by `clone`, as by `unshare`: one rule a flag.
fn namespaces() -> Result<Vec<SeccompRule>, BackendError> {
    let flags = [
        libc::CLONE_NEWNS,
        libc::CLONE_NEWCGROUP,
        libc::CLONE_NEWUTS,
        libc::CLONE_NEWIPC,
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWNET,
    ];
    let set = |flag: i32| MaskedEq(u64::from(flag.cast_unsigned()));
    flags.into_iter().map(|flag| SeccompRule::new(vec![when(0, set(flag), flag)?])).collect()
}

/// Packets past the protocols, always; and without `network` every socket that leaves this machine. Netlink
/// stays: it lists the interfaces.
fn sockets(network: bool) -> Result<Vec<SeccompRule>, BackendError> {
    const KIND: u64 = 0xf; // of the second argument; flags stand above it
    let mut rules = vec![SeccompRule::new(vec![when(0, Eq, libc::AF_PACKET)?])?];
    for family in [libc::AF_INET, libc::AF_INET6] {
        let raw = when(1, MaskedEq(KIND), libc::SOCK_RAW)?;
        rules.push(SeccompRule::new(vec![when(0, Eq, family)?, raw])?);
    }
    if !network {
        let elsewhere = vec![when(0, Ne, libc::AF_UNIX)?, when(0, Ne, libc::AF_NETLINK)?];
        rules.push(SeccompRule::new(elsewhere)?);
    }
    Ok(rules)
}

/// On x86-64 the same calls have second numbers, above this bit (x32), on kernels built for them.
fn other_numbers() -> BpfProgram {
    const X32: u32 = 0x4000_0000;
    const NUMBER: u32 = 0; // where it stands in `seccomp_data`
    if !cfg!(target_arch = "x86_64") {
        return Vec::new();
    }
    let step = |code: u32, jf, k| sock_filter { code: code as u16, jt: 0, jf, k };
    let unknown = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs();
    vec![
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, NUMBER),
        step(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, 1, X32),
        step(libc::BPF_RET | libc::BPF_K, 0, unknown),
    ]
}

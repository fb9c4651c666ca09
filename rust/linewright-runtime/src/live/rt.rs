//! Asks the system for real time and says honestly what it got.
#![allow(unsafe_code)] // system calls; each has its SAFETY line

use crate::clock::Monotonic;
use crate::config::{LiveConfig, RealTime};
use crate::core::Host;
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::{self, Write as _};
use std::mem::size_of;

/// Bytes of stack that are touched before the first tick; a tick uses a fraction.
const STACK_BYTES: usize = 256 << 10;

/// What became of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// Asked for and obtained.
    Obtained(String),
    /// Asked for and refused, with the reason.
    Refused(String),
    /// Nothing that can be asked for: how the machine is.
    Noted(String),
}

/// What was asked for and what became of it. Holds what must stay open for it.
#[derive(Debug, Default)]
pub struct Obtained {
    asked: bool,
    entries: Vec<(&'static str, Fate)>,
    /// The file that keeps the cores from deep sleep while it is open.
    latency: Option<File>,
}

fn reason() -> String {
    io::Error::last_os_error().to_string()
}

impl Obtained {
    fn note(&mut self, what: &'static str, value: impl Into<String>, result: Result<(), String>) {
        let fate = match result {
            Ok(()) => Fate::Obtained(value.into()),
            Err(reason) => Fate::Refused(reason),
        };
        self.entries.push((what, fate));
    }

    /// Whether everything asked for was obtained.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.missing().next().is_none()
    }

    /// What was refused.
    pub fn missing(&self) -> impl Iterator<Item = &'static str> {
        let refused = self.entries.iter().filter(|(_, fate)| matches!(fate, Fate::Refused(_)));
        refused.map(|(what, _)| *what)
    }

    /// Adds another list.
    pub fn join(&mut self, other: Self) {
        self.asked |= other.asked;
        self.entries.extend(other.entries);
        self.latency = self.latency.take().or(other.latency);
    }

    /// For status, ledger and record: `rt` is `off` when nothing was asked for, `obtained` or
    /// `degraded`; `missing` names what was refused.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let state = match (self.asked, self.complete()) {
            (_, false) => "degraded",
            (true, true) => "obtained",
            (false, true) => "off",
        };
        let items = self.entries.iter().map(|(what, fate)| {
            let text = match fate {
                Fate::Obtained(value) if value.is_empty() => "obtained".to_owned(),
                Fate::Obtained(value) => format!("obtained: {value}"),
                Fate::Refused(reason) => format!("refused: {reason}"),
                Fate::Noted(value) => value.clone(),
            };
            ((*what).to_owned(), Value::from(text))
        });
        json!({
            "rt": state,
            "items": items.collect::<Map<_, _>>(),
            "missing": self.missing().collect::<Vec<_>>(),
        })
    }
}

impl From<&Obtained> for Host {
    /// By the machine's clock, with what was obtained.
    fn from(obtained: &Obtained) -> Self {
        let (real_time, missing) = (obtained.to_json(), obtained.missing().collect());
        Self { clock: Box::new(Monotonic), real_time, missing }
    }
}

/// For the whole process; before threads start.
#[must_use]
pub fn of_process(config: &LiveConfig) -> Obtained {
    let mut obtained = Obtained::default();
    obtained.entries.push(("kernel", Fate::Noted(kernel())));
    match (config.dma_latency_us, config.rt) {
        (Some(us), _) => {
            obtained.asked = true;
            let held = hold_latency(us);
            let result = held.as_ref().map(|_| ()).map_err(ToString::to_string);
            obtained.note("dma_latency_us", us.to_string(), result);
            obtained.latency = held.ok();
        }
        (None, RealTime::Off) => (),
        (None, _) => {
            let held = hold_latency(0);
            let told = match &held {
                Ok(_) => "held at 0".to_owned(),
                Err(error) => format!("not held: {error}"),
            };
            obtained.entries.push(("dma_latency_us", Fate::Noted(told)));
            obtained.latency = held.ok();
        }
    }
    if config.rt != RealTime::Off && config.lock_memory {
        obtained.asked = true;
        obtained.note("lock_memory", "", lock_memory());
    }
    obtained
}

/// What kind of kernel it is, by its own word.
fn kernel() -> String {
    let text = |path| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let release = text("/proc/sys/kernel/osrelease");
    let real_time = text("/sys/kernel/realtime") == "1";
    format!("{release}, {}", if real_time { "PREEMPT_RT" } else { "not PREEMPT_RT" })
}

/// While the file is open and holds `us`, no core sleeps so deeply that waking takes longer.
fn hold_latency(us: u32) -> io::Result<File> {
    let mut file = File::options().write(true).open("/dev/cpu_dma_latency")?;
    file.write_all(&us.min(i32::MAX as u32).to_ne_bytes())?;
    Ok(file)
}

/// Locks what there is and what will come; pages are there before they are touched.
fn lock_memory() -> Result<(), String> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid rlimit for both calls; mlockall takes no pointers.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_MEMLOCK, &raw mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const limit);
        }
        if libc::mlockall(libc::MCL_CURRENT | libc::MCL_FUTURE) == 0 {
            Ok(())
        } else {
            Err(reason())
        }
    }
}

/// For the loop thread, called in it; the scheduling class last.
#[must_use]
pub fn of_loop_thread(config: &LiveConfig) -> Obtained {
    let mut obtained = Obtained::default();
    touch_stack();
    // SAFETY: a plain call; 1 ns of slack for this thread.
    let slack = unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1, 0, 0, 0) };
    obtained.note("timer_slack", "1 ns", if slack == 0 { Ok(()) } else { Err(reason()) });
    if let Some(cpu) = config.cpu {
        obtained.asked = true;
        obtained.note("cpu", cpu.to_string(), bind(cpu));
        let isolated = std::fs::read_to_string("/sys/devices/system/cpu/isolated");
        let isolated = isolated.unwrap_or_default().trim().to_owned();
        let list = if isolated.is_empty() { "none".to_owned() } else { isolated };
        obtained.entries.push(("isolated_cpus", Fate::Noted(list)));
    }
    if config.rt != RealTime::Off && config.fifo_priority > 0 {
        obtained.asked = true;
        obtained.note(
            "fifo_priority",
            config.fifo_priority.to_string(),
            fifo(config.fifo_priority),
        );
    }
    obtained
}

/// Writes to the stack a tick will use, so that its pages are there.
#[inline(never)]
fn touch_stack() {
    let mut stack = [0u8; STACK_BYTES];
    stack.iter_mut().step_by(1024).for_each(|byte| *byte = 1);
    std::hint::black_box(&stack);
}

fn bind(cpu: u32) -> Result<(), String> {
    if cpu as usize >= libc::CPU_SETSIZE as usize {
        return Err(format!("no CPU {cpu}"));
    }
    // SAFETY: cpu_set_t is plain data; the number is within the set; thread 0 is the caller.
    let code = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu as usize, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set)
    };
    if code == 0 { Ok(()) } else { Err(reason()) }
}

/// `SCHED_FIFO` for this thread alone: what it forks or starts is not given it.
fn fifo(priority: i32) -> Result<(), String> {
    let param = libc::sched_param { sched_priority: priority.clamp(1, 98) };
    let policy = libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK;
    // SAFETY: `param` is valid; thread 0 is the caller.
    let code = unsafe { libc::sched_setscheduler(0, policy, &raw const param) };
    if code == 0 { Ok(()) } else { Err(reason()) }
}

/// Thread id of the caller, by which `/proc` knows it.
#[must_use]
pub fn thread_id() -> i32 {
    // SAFETY: a plain call.
    unsafe { libc::gettid() }
}

/// What the kernel counts of a thread of this process; nothing when it has ended.
#[must_use]
pub fn thread_counts(id: i32) -> Option<Value> {
    let stat = std::fs::read_to_string(format!("/proc/self/task/{id}/stat")).ok()?;
    let status = std::fs::read_to_string(format!("/proc/self/task/{id}/status")).ok()?;
    // After the name in brackets: state is field 3, minflt 10, majflt 12.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |text: Option<&&str>| text.and_then(|t| t.parse::<u64>().ok());
    let named = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().last()?.parse::<u64>().ok()
    };
    Some(json!({
        "id": id,
        "minor_faults": number(fields.get(7)),
        "major_faults": number(fields.get(9)),
        "voluntary_switches": named("voluntary_ctxt_switches"),
        "involuntary_switches": named("nonvoluntary_ctxt_switches"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_is_named_with_its_reason() {
        let config = LiveConfig { cpu: Some(9999), rt: RealTime::Off, ..LiveConfig::default() };
        let got = std::thread::spawn(move || of_loop_thread(&config)).join().unwrap();
        assert!(!got.complete());
        let json = got.to_json();
        assert_eq!((&json["rt"], &json["missing"]), (&json!("degraded"), &json!(["cpu"])));
        assert_eq!(json["items"]["cpu"], "refused: no CPU 9999");
        assert_eq!(json["items"]["timer_slack"], "obtained: 1 ns");
    }

    #[test]
    fn nothing_asked_for_is_off_and_misses_nothing() {
        let config = LiveConfig { rt: RealTime::Off, ..LiveConfig::default() };
        let got = of_process(&config);
        assert!(got.complete());
        assert_eq!(got.to_json()["rt"], "off");
    }

    #[test]
    fn a_priority_is_not_handed_on() {
        let inherits = std::thread::spawn(|| {
            if fifo(10).is_err() {
                return false; // not permitted here: nothing that could be handed on
            }
            let of_child = || {
                // SAFETY: a plain call; thread 0 is the caller.
                unsafe { libc::sched_getscheduler(0) & !libc::SCHED_RESET_ON_FORK }
            };
            let own = of_child();
            let child = std::thread::spawn(of_child).join().unwrap();
            own != libc::SCHED_FIFO || child == libc::SCHED_FIFO
        });
        assert!(!inherits.join().unwrap());
    }

    #[test]
    fn the_kernel_counts_this_thread() {
        let counts = thread_counts(thread_id()).unwrap();
        for what in ["minor_faults", "major_faults", "voluntary_switches", "involuntary_switches"] {
            assert!(counts[what].is_u64(), "{what}: {counts}");
        }
        assert_eq!(thread_counts(-1), None);
    }
}

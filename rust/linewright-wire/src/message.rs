//! The messages. Field names are the wire's; every field is written, unknown fields are refused.
use crate::{Kind, Value, WireError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Defines message structs: same derives, unknown fields refused.
macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })+) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)* })+
    };
}

messages! {
    /// What the recipe gate said of a recipe. Whole numbers and text only, so that its hash is the same in any language.
    Certificate {
        /// Version of this layout; 1.
        schema: u32,
        /// Name of the recipe.
        recipe: String,
        /// SHA-256 of the recipe, hexadecimal.
        recipe_hash: String,
        /// SHA-256 of the calibration of the twin, hexadecimal; empty when it was not calibrated.
        calibration_hash: String,
        /// `release`; the gate certifies nothing else.
        verdict: String,
        /// Draws of the recipe.
        draws: u64,
        /// Seed of the draws.
        seed: u64,
        /// Draws that each quality must be in tolerance in.
        required: u64,
        /// Draws in tolerance by quality.
        in_tolerance: BTreeMap<String, u64>,
        /// Draws with all qualities in tolerance.
        joint: u64,
        /// When it was made, s since 1970.
        issued_unix_s: u64,
        /// Until when a line may be armed under it, s since 1970.
        expires_unix_s: u64,
        /// What made it, with its version.
        tool: String,
        /// SHA-256 over all other fields as JSON, keys sorted, no spaces, UTF-8; hexadecimal.
        hash: String,
    }
    /// A station joins the bus, again after every restart of either side.
    Hello {
        /// Name of the station as in the line file.
        station: String,
        /// Version of the interface the station was written for; 1.
        api: u32,
        /// Process id, for the supervisor's table; 0 when unknown.
        pid: u32,
        /// Topic prefixes wanted: telemetry, events, maps and other stations' topics.
        topics: Vec<String>,
    }
    /// A request to the core. Its id is (sender, epoch, seq); the stamp's ticks bound when it may act.
    Command {
        /// Lease token of the actuator concerned; 0 where no lease is needed.
        token: u64,
        /// What to do.
        action: Action,
    }
    /// Station to station.
    Publish {
        /// Topic, `<station>.<name>`.
        topic: String,
        /// Whatever the two agreed on.
        body: Value,
    }
    /// The station is alive and has done `count` rounds since its start.
    Progress {
        /// Rounds since start; must rise.
        count: u64,
    }
    /// The station has answered everything before this lock-step's end.
    StepDone {
        /// Tick of the step answered.
        tick: u64,
    }
    /// How is the line?
    StatusRequest {}
    /// Which events did the line record after a row of its ledger?
    Fetch {
        /// Only events of rows after this one.
        since: u64,
        /// Only events of these topics or below them.
        topics: Vec<String>,
    }
    /// What are the newest numbers and values of these topics?
    SnapshotRequest {
        /// Prefixes wanted.
        topics: Vec<String>,
    }
    /// What may this key do?
    RightsRequest {}
    /// A tap's value. The stamp carries its quality and, in `seq`, its number within the topic.
    Sample {
        /// Topic of the tap.
        topic: String,
        /// Tick of the value.
        tick: u64,
        /// Value; non-finite only together with quality Bad.
        value: f64,
        /// Unit of the value.
        unit: String,
    }
    /// A detector of the plan found something.
    Event {
        /// Name of the event, `<station>.<name>`.
        name: String,
        /// Station that declared it.
        station: String,
        /// Tick it was found in.
        tick: u64,
        /// Named values it rests on.
        evidence: BTreeMap<String, f64>,
        /// Rule that found it.
        rule: String,
        /// What the rule asks for.
        decision: String,
        /// How loud it is.
        priority: Priority,
        /// Its number in the ledger.
        id: u64,
    }
    /// A value at a metre of web.
    MapPoint {
        /// Name of the web map.
        map: String,
        /// Position along the web, m.
        position_m: f64,
        /// Value there.
        value: f64,
        /// Tick it was taken in.
        tick: u64,
    }
    /// The answer to the command (to, epoch, seq). Sent once the ledger has it on disk.
    Ack {
        /// Key of the sender of the command.
        to: u64,
        /// Epoch of the command.
        epoch: u64,
        /// Number of the command.
        seq: u64,
        /// What became of it.
        status: AckStatus,
        /// Why, when it was not simply applied; otherwise empty.
        reason: String,
        /// Tick it was decided in.
        tick: u64,
        /// Value in force, where the action has one.
        value: Option<f64>,
        /// Lease token, for an acquired lease.
        token: Option<u64>,
    }
    /// Mode, permits and actuators, after every change and to late joiners.
    State {
        /// Tick of the change.
        tick: u64,
        /// Mode in force.
        mode: Mode,
        /// Has an operator armed since the last trip?
        armed: bool,
        /// Why the line tripped; empty when it did not.
        tripped: String,
        /// Ledger: `ok`, `full`, `lost`.
        ledger: String,
        /// Actuators by name.
        actuators: BTreeMap<String, ActuatorState>,
    }
    /// One actuator within [`State`].
    ActuatorState {
        /// Last value written; nothing before the first write.
        value: Option<f64>,
        /// Does a loop's output reach it?
        in_control: bool,
        /// Station that holds the lease; empty when none.
        holder: String,
        /// Is it in manual?
        manual: bool,
        /// Is its fallback in force?
        fallback: bool,
    }
    /// A lock-step begins: everything up to `tick` has been sent.
    Step {
        /// Tick of the barrier.
        tick: u64,
    }
    /// How the line is: the document of `linewright status --json`.
    Status {
        /// JSON text, in pieces of at most 4 KiB because of the limit on strings.
        json: Vec<String>,
    }
    /// Events of the ledger in the order of their rows; bounded, so ask again from `next`.
    Page {
        /// The events; `id` is the row.
        events: Vec<Event>,
        /// Row up to which the ledger was looked through: what to ask `since` next.
        next: u64,
        /// Newest row of the ledger.
        newest: u64,
    }
    /// Numbers of topics: `epoch, seq` of the newest message, then the last number of each earlier epoch known, newest first.
    Snapshot {
        /// Numbers by topic.
        numbers: BTreeMap<String, Vec<u64>>,
    }
    /// What a sender needs to know and what its key may do.
    Rights {
        /// `station`, `operator` or `observer`.
        role: String,
        /// Name of the line.
        line: String,
        /// Is time simulated, from barrier to barrier?
        lockstep: bool,
        /// Base ticks per second.
        base_hz: u32,
        /// Base ticks from one `on_step` to the next.
        step_ticks: u64,
        /// Longest distance of `based_on_tick` and `not_after_tick`, base ticks.
        window_ticks: u64,
        /// Epochs of stations begin above this.
        epoch_base: u64,
        /// Sender keys by station the key may speak for.
        stations: BTreeMap<String, u64>,
        /// Sender key of operators; 0 when the key may not speak as one.
        operator_key: u64,
    }
}

/// What a command asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Take the lease of an actuator; the answer carries the token.
    Acquire {
        /// Actuator.
        actuator: String,
    },
    /// Keep leases.
    Renew {
        /// Actuators, each held by the sender.
        actuators: Vec<String>,
    },
    /// Give a lease back.
    Release {
        /// Actuator.
        actuator: String,
    },
    /// Move a set-point.
    Set {
        /// Mailbox of the plan.
        mailbox: String,
        /// Value, in `unit`.
        value: f64,
        /// Must be the mailbox's unit.
        unit: String,
    },
    /// Hand over a map along the web.
    Profile {
        /// Profile of the plan.
        profile: String,
        /// Roll the profile belongs to.
        roll: i64,
        /// Coating metre of the first value, m.
        origin_m: f64,
        /// Distance of values, m; may be negative when the web runs backwards.
        step_m: f64,
        /// Values along the web.
        values: Vec<f64>,
        /// Loop position at which `origin_m` lies under the station, m.
        registered_at_m: f64,
    },
    /// Change parameters together, at a cycle boundary.
    Params {
        /// New values by name.
        values: BTreeMap<String, f64>,
    },
    /// Record a decision. Changes nothing.
    Decide {
        /// What was decided.
        decision: String,
        /// Ids of the events it rests on.
        because: Vec<u64>,
        /// Whatever explains it.
        detail: BTreeMap<String, Value>,
    },
    /// Put one row of a stated kind into the ledger. Changes nothing.
    Record {
        /// What the row is about.
        kind: RecordKind,
        /// What it says.
        body: BTreeMap<String, Value>,
    },
    /// Change the mode.
    Mode {
        /// Mode wanted.
        mode: Mode,
    },
    /// A named person arms the line.
    Arm {
        /// Who.
        operator: String,
        /// What the recipe gate said of the line's recipe; none on a line that states no recipe.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        certificate: Option<Box<Certificate>>,
    },
    /// A named person clears a trip.
    Reset {
        /// Who.
        operator: String,
    },
    /// A named person takes an actuator in hand.
    Manual {
        /// Actuator.
        actuator: String,
        /// Value in the actuator's unit. Manual ends with an arm.
        value: f64,
        /// Who.
        operator: String,
    },
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident,)+ })+) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$word_doc])* $word,)+ })+
    };
}

words! {
    /// May loops write?
    Mode {
        /// Everything runs, nothing is written.
        Advisory,
        /// The gate writes what passes it.
        Closed,
    }
    /// How loud an event is.
    Priority {
        /// For the record.
        Log,
        /// For the operator to read.
        Advice,
        /// For the operator to act on.
        Alarm,
    }
    /// What a row is about that a station or a person asks for.
    RecordKind {
        /// Something an operator must see.
        Alarm,
        /// State and mode of a machine.
        State,
        /// A roll, tray or other unit is finished.
        Production,
        /// An order for a recipe, or what became of it.
        Order,
        /// What a person did with an alarm.
        Handling,
        /// What one shift tells the next.
        Note,
    }
    /// What became of a command.
    AckStatus {
        /// In force.
        Applied,
        /// Taken, but the line is advisory: nothing is written because of it.
        Advisory,
        /// In force with a value the limits allow.
        Limited,
        /// Not taken; the reason says why.
        Refused,
        /// Came after its last tick.
        Expired,
        /// Seen before, and the answer of then is no longer kept.
        Duplicate,
    }
}

macro_rules! message {
    ($($kind:ident,)+) => {
        /// Any message.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Message { $(#[doc = concat!("See [`", stringify!($kind), "`].")] $kind($kind),)+ }

        impl Message {
            /// Kind of the message.
            pub const fn kind(&self) -> Kind {
                match self { $(Message::$kind(_) => Kind::$kind,)+ }
            }

            /// Payload bytes to message.
            ///
            /// # Errors
            /// [`WireError::Payload`] when a field is missing, unknown or of another type.
            pub fn from_payload(kind: Kind, payload: &[u8]) -> Result<Message, WireError> {
                let refuse = |e: rmp_serde::decode::Error| WireError::Payload { kind, reason: e.to_string() };
                match kind { $(Kind::$kind => rmp_serde::from_slice(payload).map(Message::$kind).map_err(refuse),)+ }
            }

            /// Message to payload bytes: a map with the fields in the order of their definition.
            ///
            /// # Errors
            /// [`WireError::Payload`] when the encoder refuses, which no message defined here makes it do.
            pub fn to_payload(&self) -> Result<Vec<u8>, WireError> {
                let refuse = |e: rmp_serde::encode::Error| WireError::Payload { kind: self.kind(), reason: e.to_string() };
                match self { $(Message::$kind(x) => rmp_serde::to_vec_named(x).map_err(refuse),)+ }
            }
        }

        $(impl From<$kind> for Message { fn from(x: $kind) -> Self { Message::$kind(x) } })+
    };
}

message! {
    Hello, Command, Publish, Progress, StepDone, StatusRequest, Fetch, SnapshotRequest, RightsRequest, Sample, Event,
    MapPoint, Ack, State, Step, Status, Page, Snapshot, Rights,
}

//! Round trips, limits, and bytes that were tampered with.
#![allow(clippy::unwrap_used, clippy::panic)]
use linewright_wire::*;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn finite() -> impl Strategy<Value = f64> {
    prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (i64::MAX as u64 + 1..=u64::MAX).prop_map(Value::Uint),
        finite().prop_map(Value::Float),
        "[a-zµ ]{0,40}".prop_map(Value::Text),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::List),
            btree_map("[a-z]{1,8}", inner, 0..6).prop_map(Value::Map),
        ]
    })
}

fn action() -> impl Strategy<Value = Action> {
    let name = || "[a-z.]{1,20}";
    prop_oneof![
        name().prop_map(|actuator| Action::Acquire { actuator }),
        vec(name(), 0..4).prop_map(|actuators| Action::Renew { actuators }),
        (name(), finite()).prop_map(|(mailbox, value)| Action::Set {
            mailbox,
            value,
            unit: "g/m2".into()
        }),
        (name(), any::<i64>(), finite(), vec(finite(), 0..300)).prop_map(
            |(profile, roll, origin_m, values)| Action::Profile {
                profile,
                roll,
                origin_m,
                step_m: -1.0,
                values,
                registered_at_m: 3.5
            }
        ),
        btree_map(name(), finite(), 0..5).prop_map(|values| Action::Params { values }),
        (name(), vec(any::<u64>(), 0..5), btree_map("[a-z]{1,8}", value(), 0..4))
            .prop_map(|(decision, because, detail)| Action::Decide { decision, because, detail }),
        btree_map("[a-z]{1,8}", value(), 0..4)
            .prop_map(|body| Action::Record { kind: RecordKind::Production, body }),
        Just(Action::Mode { mode: Mode::Closed }),
        (name(), proptest::option::of(certificate()))
            .prop_map(|(operator, certificate)| Action::Arm { operator, certificate }),
        (name(), finite()).prop_map(|(actuator, value)| Action::Manual {
            actuator,
            value,
            operator: "Ada".into()
        }),
    ]
}

fn certificate() -> impl Strategy<Value = Box<Certificate>> {
    ("[a-z.]{1,20}", any::<[u64; 4]>(), btree_map("[a-z]{1,8}", any::<u64>(), 0..5), any::<u32>())
        .prop_map(|(text, [draws, seed, required, joint], in_tolerance, seconds)| {
            Box::new(Certificate {
                schema: 1,
                recipe: text.clone(),
                recipe_hash: text.clone(),
                calibration_hash: String::new(),
                verdict: "release".into(),
                draws,
                seed,
                required,
                in_tolerance,
                joint,
                issued_unix_s: seconds.into(),
                expires_unix_s: u64::from(seconds) + 1,
                tool: text.clone(),
                hash: text,
            })
        })
}

fn message() -> impl Strategy<Value = Message> {
    let evidence = btree_map("[a-z_]{1,12}", finite(), 0..8);
    prop_oneof![
        (any::<u64>(), action()).prop_map(|(token, action)| Command { token, action }.into()),
        ("[a-z.]{1,20}", value()).prop_map(|(topic, body)| Publish { topic, body }.into()),
        any::<u64>().prop_map(|count| Progress { count }.into()),
        Just(StatusRequest {}.into()),
        ("[a-z.]{1,20}", any::<u64>(), finite()).prop_map(|(topic, tick, value)| Sample {
            topic,
            tick,
            value,
            unit: "um".into()
        }
        .into()),
        (any::<u64>(), evidence).prop_map(|(tick, evidence)| Event {
            name: "coater.drift".into(),
            station: "coater".into(),
            tick,
            evidence,
            rule: "cusum".into(),
            decision: "trim".into(),
            priority: Priority::Alarm,
            id: tick
        }
        .into()),
        (any::<u64>(), prop::option::of(finite()), prop::option::of(any::<u64>())).prop_map(
            |(to, value, token)| Ack {
                to,
                epoch: 1,
                seq: 2,
                status: AckStatus::Limited,
                reason: "hi".into(),
                tick: 3,
                value,
                token
            }
            .into()
        ),
    ]
}

prop_compose! {
    fn stamp()(fields in any::<[u64; 6]>(), quality in 0..3_u8) -> Stamp {
        let [sender, epoch, seq, mono_ns, based_on_tick, not_after_tick] = fields;
        let quality = [Quality::Good, Quality::Uncertain, Quality::Bad][usize::from(quality)];
        Stamp { sender, epoch, seq, mono_ns, based_on_tick, not_after_tick, quality }
    }
}

proptest! {
    #[test]
    fn a_message_survives_the_wire(stamp in stamp(), message in message()) {
        let frame = encode(&stamp, &message).unwrap();
        let (header, back) = decode(&frame).unwrap();
        prop_assert_eq!(header.stamp, stamp);
        prop_assert_eq!(&back, &message);
        prop_assert_eq!(encode(&stamp, &back).unwrap(), frame.clone());
        let (_, payload) = open(&frame).unwrap();
        prop_assert_eq!(seal(header.kind, &stamp, payload).unwrap(), frame);
    }

    #[test]
    fn one_flipped_bit_is_noticed(message in message(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut frame = encode(&Stamp::default(), &message).unwrap();
        let at = at.index(frame.len());
        frame[at] ^= 1 << bit;
        prop_assert!(decode(&frame).is_err(), "byte {} bit {}", at, bit);
    }

    #[test]
    fn a_cut_frame_is_refused(message in message(), at in any::<prop::sample::Index>()) {
        let frame = encode(&Stamp::default(), &message).unwrap();
        prop_assert!(decode(&frame[..at.index(frame.len())]).is_err());
    }

    #[test]
    fn any_payload_behind_a_right_checksum_is_answered(kind in 0..Kind::ALL.len(), payload in vec(any::<u8>(), 0..400)) {
        let _ = seal(Kind::ALL[kind], &Stamp::default(), &payload);
    }

    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..400)) {
        prop_assert!(decode(&bytes).is_err());
        for frame in batch(&bytes) { let _ = frame; }
        prop_assert_eq!(frames(&bytes).collect::<Vec<_>>().concat(), bytes.clone());
        prop_assert_eq!(parts(&bytes, 64).len(), batch(&bytes).count());
    }

    #[test]
    fn frames_come_out_of_datagrams_as_they_went_in(frames in vec(vec(any::<u8>(), 0..70_000), 0..8)) {
        let datagrams = batches(&frames);
        prop_assert!(datagrams.iter().all(|d| d.len() <= MAX_LINK_BYTES));
        let back: Vec<Vec<u8>> = datagrams.iter().flat_map(|d| batch(d)).map(|f| f.unwrap().to_vec()).collect();
        prop_assert_eq!(back, frames);
    }
}

fn publish(body: Value) -> Result<Vec<u8>, WireError> {
    encode(&Stamp::default(), &Publish { topic: "a.b".into(), body }.into())
}

#[test]
fn depth_elements_numbers_and_strings_have_limits() {
    let nested = |levels| (0..levels).fold(Value::Nil, |inner, _| Value::List(vec![inner]));
    assert!(publish(nested(MAX_DEPTH - 1)).is_ok());
    assert_eq!(publish(nested(MAX_DEPTH)), Err(WireError::Depth { limit: MAX_DEPTH }));

    let nils = |count| Value::List(vec![Value::Nil; count]);
    assert!(publish(nils(MAX_ELEMENTS - 4)).is_ok());
    assert_eq!(publish(nils(MAX_ELEMENTS - 3)), Err(WireError::Elements { limit: MAX_ELEMENTS }));

    let numbers = |count| Value::List(vec![Value::Int(1); count]);
    assert!(publish(numbers(MAX_NUMBERS)).is_ok());
    assert_eq!(publish(numbers(MAX_NUMBERS + 1)), Err(WireError::Elements { limit: MAX_NUMBERS }));

    assert!(publish(Value::Text("x".repeat(MAX_STRING_BYTES))).is_ok());
    assert_eq!(
        publish(Value::Text("x".repeat(MAX_STRING_BYTES + 1))),
        Err(WireError::String { bytes: MAX_STRING_BYTES + 1, limit: MAX_STRING_BYTES })
    );
}

#[test]
fn an_announced_length_is_refused_before_it_is_read() {
    let mut frame = encode(&Stamp::default(), &Progress { count: 1 }.into()).unwrap();
    frame[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(
        decode(&frame),
        Err(WireError::TooLong {
            kind: Kind::Progress,
            bytes: u32::MAX as usize,
            limit: MAX_CONTROL_BYTES
        })
    );
    // A map that announces four thousand million entries in five bytes.
    assert!(matches!(
        check_limits(&[0xdf, 0xff, 0xff, 0xff, 0xff]),
        Err(WireError::Elements { .. })
    ));
}

#[test]
fn a_wrong_field_is_named() {
    let mut fields = BTreeMap::new();
    fields.insert("tick".to_owned(), Value::Int(3));
    fields.insert("tock".to_owned(), Value::Int(3));
    let payload = rmp_serde::to_vec_named(&fields).unwrap();
    let error = seal(Kind::StepDone, &Stamp::default(), &payload).unwrap_err();
    assert!(error.to_string().contains("tock"), "{error}");
    let error = seal(Kind::StepDone, &Stamp::default(), &[0x80]).unwrap_err();
    assert!(error.to_string().contains("tick"), "{error}");
}

#[test]
fn codes_and_names_are_one_to_one() {
    for &kind in Kind::ALL {
        assert_eq!(Kind::from_code(kind as u16), Some(kind));
        assert_eq!(Kind::from_name(kind.name()), Some(kind));
    }
    assert_eq!(Kind::from_code(0), None);
}

fn sample(topic: &str, epoch: u64, seq: u64) -> Vec<u8> {
    let stamp = Stamp { epoch, seq, based_on_tick: seq, ..Stamp::default() };
    let sample = Sample { topic: topic.into(), tick: seq, value: 0.5, unit: "um".into() };
    encode(&stamp, &sample.into()).unwrap()
}

#[test]
fn samples_of_a_topic_stand_together_while_their_numbers_follow_on() {
    let step = encode(&Stamp { seq: 9, ..Stamp::default() }, &StepDone { tick: 3 }.into()).unwrap();
    let said = [
        sample("a", 1, 1),
        sample("b", 1, 1),
        sample("a", 1, 2),
        step.clone(),
        sample("a", 1, 3),
        b"nonsense".to_vec(),
        sample("a", 1, 5),
        sample("b", 2, 2),
    ];
    let datagrams = batches(&said);
    let found: Vec<_> = parts(&datagrams[0], 2)
        .into_iter()
        .map(|p| (p.kind.map_or("", Kind::name), p.topic.clone(), p.epoch, p.first, p.last, p))
        .collect();
    let shape: Vec<_> =
        found.iter().map(|(k, t, e, f, l, _)| (*k, t.as_str(), *e, *f, *l)).collect();
    assert_eq!(
        shape,
        [
            ("sample", "a", 1, 1, 2),
            ("sample", "b", 1, 1, 1),
            ("step_done", "", 0, 9, 9),
            ("sample", "a", 1, 3, 3), // two are a part's most
            ("", "", 0, 0, 0),
            ("sample", "a", 1, 5, 5), // 4 is missing
            ("sample", "b", 2, 2, 2), // another epoch
        ]
    );
    let whole = &found[0].5;
    assert_eq!(frames(&whole.bytes).collect::<Vec<_>>(), [&said[0][..], &said[2][..]]);
    assert_eq!((&whole.bytes[whole.last_at..], whole.tick), (&said[2][..], 2));
    assert_eq!(found[2].5.bytes, step);

    let long: Vec<_> = (1..=900).map(|seq| sample("a", 1, seq)).collect();
    let of_one: Vec<_> = batches(&long).iter().flat_map(|d| parts(d, 1000)).collect();
    assert!(of_one.iter().all(|p| p.bytes.len() <= MAX_PART_BYTES));
    let back: Vec<_> = of_one.iter().flat_map(|p| frames(&p.bytes)).collect();
    assert_eq!(back, long);
}

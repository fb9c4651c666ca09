//! A line that states a recipe is armed under a certificate for it, and under nothing else.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod core_support;

use core_support::{Folder, Line, OPERATOR, arm, config, plant};
use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::{Core, check};
use linewright_runtime::ledger::{Filter, Kind, rows};
use linewright_wire::{AckStatus, Action, Certificate, Mode};
use serde_json::{Value, json};

const RECIPE: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const CALIBRATION: &str = "cc";
/// As `json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)` and SHA-256 in Python give it.
const HASH: &str = "7090f55389aa8295bfd9faa09674d3730db2c1451db3f230cdb2aa34b08e5fa9";

fn certificate() -> Certificate {
    let in_tolerance = [("porosity", 990), ("weight", 1000)];
    Certificate {
        schema: 1,
        recipe: "Kathode ü".into(),
        recipe_hash: RECIPE.into(),
        calibration_hash: CALIBRATION.into(),
        verdict: "release".into(),
        draws: 1000,
        seed: 7,
        required: 950,
        in_tolerance: in_tolerance.map(|(name, n)| (name.into(), n)).into(),
        joint: 985,
        issued_unix_s: 1_700_000_000,
        expires_unix_s: 1_700_086_400,
        tool: "linewright 0.1.0".into(),
        hash: HASH.into(),
    }
}

fn with_recipe(arm_at_start: bool) -> Value {
    let mut config = config();
    config["recipe"] =
        json!({"name": "Kathode ü", "hash": RECIPE, "calibration_hash": CALIBRATION});
    if !arm_at_start {
        config["gate"] = json!({});
    }
    config
}

/// A line in closed mode, not armed yet.
fn ready(config: &Value) -> Line {
    let mut line = Line::new(config);
    line.ask(OPERATOR, 0, Action::Mode { mode: Mode::Closed });
    line
}

fn armed(line: &mut Line) -> bool {
    line.core.status()["actuators"]["coater.pump_flow"]["armed"] == true
}

#[test]
fn with_its_certificate_the_line_is_armed_and_the_ledger_keeps_it() {
    let folder = Folder::new("certificate");
    let mut config = with_recipe(false);
    config["ledger"] = json!({"path": folder.file("l.sqlite")});
    let mut line = ready(&config);
    assert_eq!(line.ask(OPERATOR, 0, arm("eva", Some(&certificate()))).status, AckStatus::Applied);
    assert!(armed(&mut line));
    assert_eq!(line.core.status()["recipe"]["certificate"], HASH);
    line.core.close("test").unwrap();
    let kept: Vec<_> =
        rows(folder.file("l.sqlite"), Filter::default()).unwrap().map(Result::unwrap).collect();
    let has = |kind: Kind, text: &str| {
        kept.iter().any(|r| r.kind == kind.as_str() && r.body_json.contains(text))
    };
    assert!(has(Kind::Start, RECIPE));
    assert!(has(Kind::Mode, "eva") && has(Kind::Mode, HASH));
}

#[test]
fn without_it_or_with_a_wrong_one_nobody_arms() {
    type Change = fn(&mut Certificate);
    let wrong: [(&str, Change); 9] = [
        ("bad_certificate", |c| c.joint += 1),
        ("bad_certificate", |c| c.hash = "00".into()),
        ("bad_certificate", |c| c.expires_unix_s += 1_000_000_000),
        ("bad_certificate", |c| c.recipe = "other".into()),
        ("bad_certificate", |c| c.in_tolerance.extend([("weight".into(), 999)])),
        ("bad_certificate", |c| c.verdict = "block".into()),
        ("bad_certificate", |c| c.schema = 2),
        ("bad_certificate", |c| c.recipe_hash = "bb".into()),
        ("bad_certificate", |c| c.in_tolerance.clear()),
    ];
    let mut line = ready(&with_recipe(false));
    let ack = line.ask(OPERATOR, 0, arm("eva", None));
    assert_eq!((ack.status, ack.reason.as_str()), (AckStatus::Refused, "no_certificate"));
    for (reason, change) in wrong {
        let mut changed = certificate();
        change(&mut changed);
        let ack = line.ask(OPERATOR, 0, arm("eva", Some(&changed)));
        assert_eq!((ack.status, ack.reason.as_str()), (AckStatus::Refused, reason), "{changed:?}");
        assert!(!armed(&mut line));
    }
    assert_eq!(line.core.status()["recipe"]["certificate"], Value::Null);
}

#[test]
fn another_recipe_or_another_calibration_needs_another_certificate() {
    for (field, other, reason) in [
        ("hash", "b".repeat(64), "wrong_recipe"),
        ("calibration_hash", "dd".to_owned(), "wrong_calibration"),
        ("calibration_hash", String::new(), "wrong_calibration"),
    ] {
        let mut config = with_recipe(false);
        config["recipe"][field] = json!(other);
        let mut line = ready(&config);
        assert_eq!(line.ask(OPERATOR, 0, arm("eva", Some(&certificate()))).reason, reason);
        assert!(!armed(&mut line));
    }
    let mut plain = config();
    plain["gate"] = json!({});
    let mut line = ready(&plain);
    assert_eq!(line.ask(OPERATOR, 0, arm("eva", Some(&certificate()))).reason, "wrong_recipe");
    assert_eq!(line.ask(OPERATOR, 0, arm("eva", None)).status, AckStatus::Applied);
}

#[test]
fn the_date_counts_where_there_is_one() {
    use linewright_runtime::clerk::accept;
    use linewright_runtime::config::RecipeEntry;
    use linewright_runtime::record::Refusal;
    let recipe: RecipeEntry = serde_json::from_value(with_recipe(false)["recipe"].clone()).unwrap();
    let at = |now| accept(Some(&recipe), Some(&certificate()), now);
    assert_eq!(at(None), Ok(()));
    assert_eq!(at(Some(1_700_000_000)), Ok(()));
    assert_eq!(at(Some(1_700_086_399)), Ok(()));
    assert_eq!(at(Some(1_700_086_400)), Err(Refusal::CertificateExpired));
    assert_eq!(at(Some(1_699_999_900)), Ok(()), "clocks differ a little");
    assert_eq!(at(Some(1_699_999_000)), Err(Refusal::CertificateExpired));
}

#[test]
fn a_line_that_arms_itself_needs_it_in_its_configuration() {
    let refused = |config: &Value| {
        let config = CoreConfig::from_json(&config.to_string()).unwrap();
        check(&config, &plant().driver()).err().map(|e| e.to_string())
    };
    let mut config = with_recipe(true);
    assert!(refused(&config).unwrap().contains("no_certificate"));
    config["recipe"]["certificate"] = json!(certificate());
    assert_eq!(refused(&config), None);
    let made = CoreConfig::from_json(&config.to_string()).unwrap();
    let mut core = Core::new(&made, Box::new(plant().driver())).unwrap();
    core.advance(2);
    assert_eq!(core.status()["recipe"]["certificate"], HASH);
    config["recipe"]["hash"] = json!("b".repeat(64));
    assert!(refused(&config).unwrap().contains("wrong_recipe"));
    config["recipe"]["hash"] = json!("short");
    assert!(refused(&config).unwrap().contains("64 hexadecimal digits"));
}

//! The document a core is started with: refused with key and bound, or a core starts and runs.

use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::{Core, check};

use crate::line;

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut config = match CoreConfig::from_json(text) {
        Ok(config) => config,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let plant = line::plant();
    let checked = check(&config, &plant.driver());
    // No file is made and nobody is listened to.
    (config.ledger, config.record, config.link) = (None, None, None);
    match Core::new(&config, Box::new(plant.driver())) {
        Ok(mut core) => {
            core.advance(3);
            core.close("done").unwrap();
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(checked.is_err(), "checked, and not started: {error}");
        }
    }
}

pub fn examples() -> Vec<Vec<u8>> {
    let mut advisory = line::config();
    advisory["permit"] = "advisory".into();
    advisory["plan"]["loops"].as_array_mut().unwrap().truncate(1);
    vec![line::config().to_string().into(), advisory.to_string().into()]
}

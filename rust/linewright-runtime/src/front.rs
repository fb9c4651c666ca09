//! Front ends at work: what a driver offers in blocks becomes channels beside its own.

use linewright_kernel::front::MOST_BLOCKS;
use linewright_kernel::{FrontEnd, FrontEndDesign, Port, for_each_front_end};
use serde::de::DeserializeOwned;
use std::fmt;

use crate::driver::{BlockInfo, Driver};
use crate::plan::{FrontEndInfo, Plan};
use crate::sample::{Quality, Reading};

/// A designed front end and what it is made to take and give.
pub(crate) struct Designed {
    pub blocks: &'static [Port],
    pub outputs: &'static [Port],
    pub work: Box<dyn FrontEnd>,
}

fn made<D: FrontEndDesign + DeserializeOwned>(
    json: &serde_json::Value,
) -> Result<Designed, String> {
    const { assert!(D::BLOCKS.len() <= MOST_BLOCKS) };
    let config = D::deserialize(json).map_err(|e| e.to_string())?;
    let work = Box::new(config.design().map_err(|e| e.to_string())?);
    Ok(Designed { blocks: D::BLOCKS, outputs: D::OUTPUTS, work })
}

macro_rules! front_ends {
    ($($name:ident)*) => {
        /// Names of all front ends.
        pub(crate) const NAMES: &[&str] =
            &[$(<linewright_kernel::$name as FrontEndDesign>::NAME),*];

        /// Designs the front end called `name`; none when there is no such kernel.
        pub(crate) fn design(
            name: &str,
            json: &serde_json::Value,
        ) -> Option<Result<Designed, String>> {
            $(if name == <linewright_kernel::$name as FrontEndDesign>::NAME {
                return Some(made::<linewright_kernel::$name>(json));
            })*
            None
        }
    };
}

for_each_front_end!(front_ends);

/// One front end of a plan.
struct Stage {
    work: Box<dyn FrontEnd>,
    /// For each block it takes its index in the driver.
    blocks: Box<[usize]>,
    values: Box<[f64]>,
    /// Tick of its last block.
    tick: u64,
}

/// All front ends of a plan, in declared order; their readings stand one behind the other.
#[derive(Default)]
pub(crate) struct FrontEnds(Box<[Stage]>);

impl fmt::Debug for FrontEnds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} front ends", self.0.len())
    }
}

impl FrontEnds {
    /// Those of `plan`, taking the blocks a driver offers. [`Plan::check_driver`] has seen both: a front
    /// end that cannot be made or a block that is not offered is left out here.
    pub fn new(plan: &Plan, offered: &[BlockInfo]) -> Self {
        let position = |name: &str| offered.iter().position(|b| b.channel.name == name);
        let stage = |of: &FrontEndInfo| {
            let designed = design(&of.kernel, &of.config)?.ok()?;
            Some(Stage {
                work: designed.work,
                blocks: of.blocks.iter().map(|b| position(&b.name)).collect::<Option<_>>()?,
                values: vec![f64::NAN; of.channels.len()].into(),
                tick: 0,
            })
        };
        Self(plan.front_ends().iter().filter_map(stage).collect())
    }

    /// Runs all of them on what is complete in `tick`. Allocates nothing.
    #[inline]
    pub fn step(&mut self, tick: u64, driver: &dyn Driver, readings: &mut [Reading]) {
        let mut rest = readings;
        for stage in &mut self.0 {
            let (own, behind) = rest.split_at_mut(stage.values.len().min(rest.len()));
            rest = behind;
            stage.step(tick, driver, own);
        }
    }
}

impl Stage {
    fn step(&mut self, tick: u64, driver: &dyn Driver, readings: &mut [Reading]) {
        let mut blocks = [None; MOST_BLOCKS];
        for (block, i) in blocks.iter_mut().zip(&self.blocks) {
            *block = driver.block(*i);
        }
        let blocks = blocks.get(..self.blocks.len()).unwrap_or_default();
        if blocks.iter().any(Option::is_some) {
            self.tick = tick;
        }
        self.work.step(blocks, &mut self.values);
        for (reading, value) in readings.iter_mut().zip(&self.values) {
            *reading = if value.is_finite() {
                Reading { value: *value, quality: Quality::Good, tick: self.tick }
            } else {
                Reading { tick: self.tick, ..Reading::NONE }
            };
        }
    }
}

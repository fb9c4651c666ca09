//! The certificate of a recipe: without it, or with one for something else, nobody arms the line.

use crate::config::RecipeEntry;
use crate::record::Refusal;
use linewright_wire::Certificate;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Layout of a certificate that is understood.
const SCHEMA: u32 = 1;
/// How far ahead of this clock another one's may be, s.
const SKEW_S: u64 = 300;

/// Whether a line with recipe `demand` may be armed under `given`. `now_unix_s` is none where there is no date: in
/// simulated time a certificate does not expire. A line without a recipe takes no certificate: it would certify nothing.
///
/// # Errors
/// `NoCertificate`, `BadCertificate`, `WrongRecipe`, `WrongCalibration` or `CertificateExpired`.
pub fn accept(
    demand: Option<&RecipeEntry>,
    given: Option<&Certificate>,
    now_unix_s: Option<u64>,
) -> Result<(), Refusal> {
    let (demand, given) = match (demand, given) {
        (None, None) => return Ok(()),
        (None, Some(_)) => return Err(Refusal::WrongRecipe),
        (Some(_), None) => return Err(Refusal::NoCertificate),
        (Some(demand), Some(given)) => (demand, given),
    };
    if !is_whole(given) || !releases(given) {
        return Err(Refusal::BadCertificate);
    }
    if given.recipe_hash != demand.hash {
        return Err(Refusal::WrongRecipe);
    }
    if given.calibration_hash != demand.calibration_hash {
        return Err(Refusal::WrongCalibration);
    }
    match now_unix_s {
        Some(now) if now >= given.expires_unix_s || now + SKEW_S < given.issued_unix_s => {
            Err(Refusal::CertificateExpired)
        }
        _ => Ok(()),
    }
}

/// Its hash is that of its other fields.
fn is_whole(certificate: &Certificate) -> bool {
    let Ok(Value::Object(fields)) = serde_json::to_value(certificate) else { return false };
    let others: BTreeMap<_, _> = fields.into_iter().filter(|(name, _)| name != "hash").collect();
    let Ok(text) = serde_json::to_string(&others) else { return false };
    crate::ledger::hex(&Sha256::digest(text.as_bytes())) == certificate.hash
}

/// Its own numbers release the recipe.
fn releases(certificate: &Certificate) -> bool {
    certificate.schema == SCHEMA
        && certificate.verdict == "release"
        && !certificate.in_tolerance.is_empty()
        && certificate.required > 0
        && certificate
            .in_tolerance
            .values()
            .all(|n| (certificate.required..=certificate.draws).contains(n))
}

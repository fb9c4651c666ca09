//! A value of no fixed shape: what stations tell one another and the detail of a decision.
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::collections::BTreeMap;

/// Any value of the format. Maps are sorted by key, so equal values have equal bytes.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Nil,
    /// Truth value.
    Bool(bool),
    /// Integer of any sign.
    Int(i64),
    /// Integer above `i64::MAX`.
    Uint(u64),
    /// Number; may be non-finite.
    Float(f64),
    /// Text.
    Text(String),
    /// List.
    List(Vec<Value>),
    /// Map by name.
    Map(BTreeMap<String, Value>),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Nil => serializer.serialize_unit(),
            Value::Bool(x) => serializer.serialize_bool(*x),
            Value::Int(x) => serializer.serialize_i64(*x),
            Value::Uint(x) => serializer.serialize_u64(*x),
            Value::Float(x) => serializer.serialize_f64(*x),
            Value::Text(x) => serializer.serialize_str(x),
            Value::List(x) => serializer.collect_seq(x),
            Value::Map(x) => serializer.collect_map(x),
        }
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("nil, a truth value, a number, text, a list or a map")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Nil)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Nil)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, x: bool) -> Result<Value, E> {
        Ok(Value::Bool(x))
    }

    fn visit_i64<E: Error>(self, x: i64) -> Result<Value, E> {
        Ok(Value::Int(x))
    }

    fn visit_u64<E: Error>(self, x: u64) -> Result<Value, E> {
        Ok(i64::try_from(x).map_or(Value::Uint(x), Value::Int))
    }

    fn visit_f64<E: Error>(self, x: f64) -> Result<Value, E> {
        Ok(Value::Float(x))
    }

    fn visit_str<E: Error>(self, x: &str) -> Result<Value, E> {
        Ok(Value::Text(x.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut out = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            if out.insert(key.clone(), value).is_some() {
                return Err(A::Error::custom(format!("key {key:?} stands twice")));
            }
        }
        Ok(Value::Map(out))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

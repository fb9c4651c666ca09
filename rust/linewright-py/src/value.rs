//! A Python value on its way into a config, and back into text.

use std::{fmt, vec};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use serde::de::value::{Error, MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, Visitor,
};
use serde::forward_to_deserialize_any;

/// What a keyword argument may hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `None`
    None,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `float`
    Float(f64),
    /// `str`
    Str(String),
    /// list, tuple or array
    List(Vec<Value>),
    /// dict with text keys
    Dict(Vec<(String, Value)>),
}

impl Value {
    /// Reads a Python object; arrays and numpy scalars through their `tolist`.
    pub fn from_python(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if object.is_none() {
            return Ok(Self::None);
        }
        if object.is_instance_of::<PyBool>() {
            return Ok(Self::Bool(object.extract()?));
        }
        if object.is_instance_of::<PyFloat>() {
            return Ok(Self::Float(object.extract()?));
        }
        if object.is_instance_of::<PyInt>() {
            return Ok(object.extract().map_or_else(|_| Self::huge(object), Self::Int));
        }
        if let Ok(text) = object.cast::<PyString>() {
            return Ok(Self::Str(text.to_str()?.to_owned()));
        }
        if let Ok(pairs) = object.cast::<PyDict>() {
            let pair = |(k, v): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
                Ok((k.extract::<String>()?, Self::from_python(&v)?))
            };
            return Ok(Self::Dict(pairs.iter().map(pair).collect::<PyResult<_>>()?));
        }
        if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
            let items = object.try_iter()?.map(|item| Self::from_python(&item?));
            return Ok(Self::List(items.collect::<PyResult<_>>()?));
        }
        if let Ok(plain) = object.call_method0("tolist") {
            return Self::from_python(&plain);
        }
        let kind = object.get_type();
        Err(PyTypeError::new_err(format!("cannot use a {} here", kind.name()?)))
    }

    /// As a Python object.
    pub fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self {
            Self::None => py.None().into_bound(py),
            Self::Bool(x) => PyBool::new(py, *x).to_owned().into_any(),
            Self::Int(x) => x.into_pyobject(py)?.into_any(),
            Self::Float(x) => PyFloat::new(py, *x).into_any(),
            Self::Str(x) => PyString::new(py, x).into_any(),
            Self::List(items) => {
                let items: Vec<_> =
                    items.iter().map(|item| item.to_python(py)).collect::<PyResult<_>>()?;
                PyList::new(py, items)?.into_any()
            }
            Self::Dict(pairs) => {
                let all = PyDict::new(py);
                for (key, item) in pairs {
                    all.set_item(key, item.to_python(py)?)?;
                }
                all.into_any()
            }
        })
    }

    /// An integer beyond 64 bits, as the nearest float.
    fn huge(object: &Bound<'_, PyAny>) -> Self {
        object.extract().map_or(Self::Float(f64::NAN), Self::Float)
    }

    /// Builds a `T` from keyword arguments; an error names the argument it met.
    pub fn build<'de, T: Deserialize<'de>>(pairs: Vec<(String, Self)>) -> Result<T, Error> {
        let mut at = String::new();
        let keywords = Keywords { rest: pairs.into_iter(), value: Self::None, at: &mut at };
        let built = T::deserialize(MapAccessDeserializer::new(keywords));
        built.map_err(|e| if at.is_empty() { e } else { Error::custom(format!("{at}: {e}")) })
    }
}

/// Keyword arguments as a map that remembers which one is being read.
struct Keywords<'a> {
    rest: vec::IntoIter<(String, Value)>,
    value: Value,
    at: &'a mut String,
}

impl<'de> MapAccess<'de> for Keywords<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.at.clear();
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.value = value;
        self.at.clone_from(&name);
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(std::mem::replace(&mut self.value, Value::None))
    }
}

impl fmt::Display for Value {
    /// As a Python expression.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Int(x) => write!(f, "{x}"),
            Self::Float(x) if x.is_finite() => write!(f, "{x:?}"),
            Self::Float(x) => write!(f, "float('{x}')"),
            Self::Str(x) => write!(f, "{x:?}"),
            Self::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Dict(pairs) => {
                f.write_str("{")?;
                for (i, (key, item)) in pairs.iter().enumerate() {
                    write!(f, "{}{key:?}: {item}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("}")
            }
        }
    }
}

impl<'de> IntoDeserializer<'de> for Value {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Value {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::None => visitor.visit_unit(),
            Self::Bool(x) => visitor.visit_bool(x),
            Self::Int(x) => visitor.visit_i64(x),
            Self::Float(x) => visitor.visit_f64(x),
            Self::Str(x) => visitor.visit_string(x),
            Self::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Self::Dict(pairs) => visitor.visit_map(MapDeserializer::new(pairs.into_iter())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::None => visitor.visit_none(),
            some => visitor.visit_some(some),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Self::Str(x) => x.into_deserializer().deserialize_enum(name, variants, visitor),
            other => Err(Error::custom(format!("must be one of {variants:?}, was {other}"))),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

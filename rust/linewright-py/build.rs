//! Reads the kernel crate's source and hands its documentation, fields and ports to the Python
//! classes, so that a docstring or a signature is written once, beside the equation.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, error, fs};

use syn::{Attribute, Expr, Item, Lit};

type Outcome<T> = Result<T, Box<dyn error::Error>>;

/// One field of a config.
struct Field {
    name: String,
    kind: String,
    doc: String,
    optional: bool,
}

/// One config type: what its class tells a reader.
#[derive(Default)]
struct Facts {
    doc: String,
    fields: Vec<Field>,
    inputs: Vec<String>,
    family: Family,
}

/// Which trait a config is designed by.
#[derive(Default, PartialEq, Eq, Clone, Copy)]
enum Family {
    #[default]
    Scalar,
    Vector,
    Front,
}

impl Family {
    /// The family of a trait, and the constant that names its inputs.
    fn of(path: &syn::Path) -> Option<(Self, &'static str)> {
        [
            ("Design", Self::Scalar, "INPUTS"),
            ("VectorDesign", Self::Vector, "INPUTS"),
            ("FrontEndDesign", Self::Front, "BLOCKS"),
        ]
        .into_iter()
        .find(|(name, ..)| is_named(path, name))
        .map(|(_, family, inputs)| (family, inputs))
    }
}

impl Facts {
    /// A block has its own time.
    fn has_period(&self) -> bool {
        self.family != Family::Front
    }
}

/// Everything found in the source of the kernel crate.
#[derive(Default)]
struct Found {
    configs: BTreeMap<String, Facts>,
    /// Words of each enum, as they are written in a config.
    choices: BTreeMap<String, Vec<String>>,
}

fn main() -> Outcome<()> {
    let kernels = Path::new("../linewright-kernel/src");
    println!("cargo::rerun-if-changed={}", kernels.display());
    println!("cargo::rerun-if-changed=examples");
    let mut texts = String::new();
    for path in sources(Path::new("examples"), "txt")? {
        texts.push_str(&fs::read_to_string(&path)?);
    }
    let examples = examples(&texts);
    let mut files = Vec::new();
    for path in sources(kernels, "rs")? {
        let text = fs::read_to_string(&path)?;
        files.push(syn::parse_file(&text).map_err(|e| format!("{}: {e}", path.display()))?);
    }
    let mut found = Found::default();
    files.iter().for_each(|file| collect_choices(file, &mut found));
    files.iter().for_each(|file| collect(file, &mut found));
    let families = [
        (Family::Scalar, "with_facts", "facts.rs"),
        (Family::Vector, "with_vector_facts", "vector_facts.rs"),
        (Family::Front, "with_front_facts", "front_facts.rs"),
    ];
    for (family, macro_name, file) in families {
        let mut out = format!("macro_rules! {macro_name} {{\n");
        let is_kernel = |f: &Facts| !f.inputs.is_empty() && f.family == family;
        for (name, facts) in found.configs.iter().filter(|(_, f)| is_kernel(f)) {
            out.push_str(&arm(name, facts, examples.get(name)));
        }
        // Without kernels of a kind the macro still needs a rule.
        out.push_str("    () => {};\n}\n");
        fs::write(PathBuf::from(env::var("OUT_DIR")?).join(file), out)?;
    }
    Ok(())
}

/// Every file below `folder` with this extension, sorted.
fn sources(folder: &Path, extension: &str) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(sources(&path, extension)?);
        } else if path.extension().is_some_and(|e| e == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Examples by kernel: a line `[Name]`, then the lines of its example.
fn examples(text: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines() {
        let heading = line.strip_prefix('[').and_then(|l| l.strip_suffix(']'));
        if let Some(next) = heading.filter(|h| h.chars().all(char::is_alphanumeric)) {
            next.clone_into(&mut name);
        } else {
            let example: &mut String = all.entry(name.clone()).or_default();
            example.push_str(line);
            example.push('\n');
        }
    }
    all
}

/// Enums with their words.
fn collect_choices(file: &syn::File, found: &mut Found) {
    for item in &file.items {
        if let Item::Enum(item) = item {
            let words = item.variants.iter().map(|v| snake_case(&v.ident.to_string())).collect();
            found.choices.insert(item.ident.to_string(), words);
        }
    }
}

/// `BackCalculation` as `back_calculation`, the way a config names a variant.
fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for (i, c) in name.chars().enumerate() {
        if i > 0 && c.is_uppercase() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

fn collect(file: &syn::File, found: &mut Found) {
    let Found { configs, choices } = found;
    for item in &file.items {
        match item {
            Item::Struct(item) => {
                let facts = configs.entry(item.ident.to_string()).or_default();
                facts.doc = format!("{}\n{}", doc(&item.attrs), doc(&file.attrs));
                facts.fields = item.fields.iter().filter_map(|f| field(f, choices)).collect();
            }
            Item::Impl(item) => {
                let family = item.trait_.as_ref().and_then(|t| Family::of(&t.0));
                let Some((family, inputs)) = family else { continue };
                let syn::Type::Path(of) = &*item.self_ty else { continue };
                let Some(name) = of.path.segments.last() else { continue };
                let facts = configs.entry(name.ident.to_string()).or_default();
                facts.family = family;
                for constant in &item.items {
                    if let syn::ImplItem::Const(constant) = constant
                        && constant.ident == inputs
                    {
                        facts.inputs = port_names(&constant.expr);
                    }
                }
            }
            _ => {}
        }
    }
}

fn is_named(path: &syn::Path, name: &str) -> bool {
    path.segments.last().is_some_and(|s| s.ident == name)
}

fn field(field: &syn::Field, choices: &BTreeMap<String, Vec<String>>) -> Option<Field> {
    let name = field.ident.as_ref()?.to_string();
    let kind = python_type(&field.ty, choices);
    let defaulted = field.attrs.iter().any(|a| {
        a.path().is_ident("serde")
            && matches!(&a.meta, syn::Meta::List(l) if l.tokens.to_string().contains("default"))
    });
    let optional = defaulted || kind.ends_with("None");
    Some(Field { name, kind, doc: doc(&field.attrs), optional })
}

/// The Python type that a field is given as.
fn python_type(of: &syn::Type, choices: &BTreeMap<String, Vec<String>>) -> String {
    let syn::Type::Path(path) = of else { return "Sequence[float]".into() };
    let Some(last) = path.path.segments.last() else { return "object".into() };
    let inner = match &last.arguments {
        syn::PathArguments::AngleBracketed(given) => given.args.iter().find_map(|a| match a {
            syn::GenericArgument::Type(t) => Some(python_type(t, choices)),
            _ => None,
        }),
        _ => None,
    };
    let inner = inner.unwrap_or_else(|| "float".into());
    match last.ident.to_string().as_str() {
        "f64" => "float".into(),
        "bool" => "bool".into(),
        "Option" => format!("{inner} | None"),
        "Vec" | "List" => format!("Sequence[{inner}]"),
        "Grid" => "Sequence[Sequence[float]]".into(),
        name if name.starts_with(['u', 'i']) => "int".into(),
        name => match choices.get(name) {
            Some(words) => format!(
                "Literal[{}]",
                words.iter().map(|w| format!("{w:?}")).collect::<Vec<_>>().join(", ")
            ),
            None => "Any".into(),
        },
    }
}

/// Port names from `&[Port::new("x", "a"), ...]`.
fn port_names(expr: &Expr) -> Vec<String> {
    let Expr::Reference(reference) = expr else { return Vec::new() };
    let Expr::Array(array) = &*reference.expr else { return Vec::new() };
    let name = |port: &Expr| match port {
        Expr::Call(call) => match call.args.first() {
            Some(Expr::Lit(lit)) => match &lit.lit {
                Lit::Str(name) => Some(name.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    array.elems.iter().filter_map(name).collect()
}

/// The doc comment, one leading space off each line.
fn doc(attrs: &[Attribute]) -> String {
    let mut text = String::new();
    for attr in attrs {
        if let syn::Meta::NameValue(pair) = &attr.meta
            && pair.path.is_ident("doc")
            && let Expr::Lit(lit) = &pair.value
            && let Lit::Str(line) = &lit.lit
        {
            let line = line.value();
            text.push_str(line.strip_prefix(' ').unwrap_or(&line));
            text.push('\n');
        }
    }
    text
}

/// `(Name $then) => { $then! { Name, [ports], [fields], "signature", "doc" } };`
fn arm(name: &str, facts: &Facts, example: Option<&String>) -> String {
    // Raw identifiers: a port may be called `box`.
    let ports: Vec<String> = facts.inputs.iter().map(|p| format!("r#{p}")).collect();
    let ports = ports.join(", ");
    let fields: Vec<String> = facts.fields.iter().map(|f| format!("{:?}", f.name)).collect();
    let kinds: Vec<String> = facts.fields.iter().map(|f| format!("{:?}", f.kind)).collect();
    let needed = facts.fields.iter().filter(|f| !f.optional).map(|f| f.name.clone());
    let left_out = facts.fields.iter().filter(|f| f.optional).map(|f| format!("{}=...", f.name));
    let period = facts.has_period().then(|| "period_s".to_owned());
    let arguments: Vec<String> = needed.chain(period).chain(left_out).collect();
    let signature = match arguments.is_empty() {
        true => "()".to_owned(),
        false => format!("(*, {})", arguments.join(", ")),
    };
    format!(
        "    ({name} $then:ident) => {{ $then! {{ {name}, [{ports}], [{}], [{}], {signature:?}, {:?} }} }};\n",
        fields.join(", "),
        kinds.join(", "),
        docstring(facts, example),
    )
}

/// The class docstring: what it does, its parameters, an example.
fn docstring(facts: &Facts, example: Option<&String>) -> String {
    let mut text = facts.doc.replace("[`", "`").replace("`]", "`");
    text.push_str("\nParameters\n----------\n");
    for field in &facts.fields {
        let doc = field.doc.trim().replace('\n', "\n    ").replace("[`", "`").replace("`]", "`");
        text.push_str(&format!("{} : {}\n    {doc}\n", field.name, field.kind));
    }
    if facts.has_period() {
        text.push_str("period_s : float\n    Time between samples, s; positive.\n");
    }
    if let Some(example) = example {
        text.push_str(&format!("\nExamples\n--------\n{}\n", example.trim()));
    }
    text
}

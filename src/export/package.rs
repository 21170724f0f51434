//! `datapackage.json`: a publication folder described for programs (Frictionless Data Package, version 1).

use serde_json::{Map, Value, json};

use super::dictionary;
use super::rows::Kind;
use crate::report::table::Table;

/// What a package is about.
#[derive(Clone, Debug)]
pub struct About<'a> {
    /// Lower-case letters, digits, `-`, `_` and `.`.
    pub name: &'a str,
    pub title: &'a str,
    pub description: &'a str,
    /// Licence of the data with the attribution it asks for, where the snapshots name one.
    pub licences: &'a [String],
    /// Where the answers come from, a sentence each.
    pub sources: &'a [String],
    /// Further values: digests, dates, versions.
    pub facts: &'a [(&'static str, String)],
}

/// One CSV file of the package.
pub struct Resource<'a> {
    /// Relative to the package: `tables/share-gateway.csv`.
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
    /// The same table as Parquet, where it is in the package. It is no resource of its own: checking one needs
    /// more than most readers of packages have installed.
    pub parquet: Option<String>,
    pub table: &'a Table,
}

/// The descriptor.
pub fn datapackage(about: &About<'_>, resources: &[Resource<'_>]) -> String {
    let mut package = Map::new();
    let mut set = |key: &str, value: Value| package.insert(key.to_owned(), value);
    set("profile", json!("data-package"));
    set("name", json!(about.name));
    set("title", json!(about.title));
    set("description", json!(about.description));
    if !about.licences.is_empty() {
        set("licenses", about.licences.iter().map(|text| licence(text)).collect());
    }
    set("sources", about.sources.iter().map(|title| json!({ "title": title })).collect());
    for (key, value) in about.facts {
        set(key, json!(value));
    }
    set("resources", resources.iter().map(resource).collect());
    serde_json::to_string_pretty(&Value::Object(package)).expect("a package is JSON") + "\n"
}

/// `{"name": "CC-BY-SA-4.0", "title": ...}`: the name is what stands before a bracket or comma.
fn licence(text: &str) -> Value {
    let name = text.split(['(', ',']).next().unwrap_or_default().trim();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    json!({ "name": if name.is_empty() { "other" } else { &name }, "title": text })
}

fn resource(r: &Resource<'_>) -> Value {
    let file = r.path.rsplit('/').next().unwrap_or(&r.path);
    let field = |field: &super::Field| {
        let kind = match field.kind {
            Kind::Text => "string",
            Kind::Integer => "integer",
            Kind::Number => "number",
        };
        let meaning = dictionary::meaning(&field.column.name).map_or("", |m| m.meaning);
        json!({ "name": field.column.name, "type": kind, "description": meaning })
    };
    let fields: Vec<Value> = dictionary::fields(&r.table.columns).iter().map(field).collect();
    let mut resource = json!({
        "name": file.trim_end_matches(".csv").to_lowercase(),
        "path": r.path,
        "title": r.table.title,
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": r.bytes,
        "hash": format!("sha256:{}", r.sha256),
        "schema": { "fields": fields, "missingValues": [""] },
    });
    if let (Some(path), Value::Object(map)) = (&r.parquet, &mut resource) {
        map.insert("mxcensus-parquet".to_owned(), json!(path));
    }
    resource
}

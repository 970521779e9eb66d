//! The page on a run, and what it holds for its scripts.

use serde_json::Value;

use super::Session;

/// The JSON that a page holds for its scripts.
pub fn data(page: &str, id: &str) -> Value {
    let start = format!("<script type=\"application/json\" id=\"{id}\">");
    let (_, rest) = page.split_once(&start).unwrap_or_else(|| panic!("{id} is not in the page"));
    let (json, _) = rest.split_once("</script>").expect("an end");
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{id}: {error}"))
}

/// A run of the tiny experiment in out/, and its page.
pub fn tiny() -> (Session, String) {
    let session = Session::new();
    session.ok("run tiny.toml --out out");
    let told = session.ok("report out");
    assert!(told.starts_with("out/report.html ("), "{told}");
    let page = session.text("out/report.html");
    (session, page)
}

/// The rows of a list whose width and init are these.
pub fn of_init<'v>(rows: &'v Value, init: &str, n: u64) -> Vec<&'v Value> {
    let rows = rows.as_array().expect("a list");
    rows.iter().filter(|row| row["init"] == init && row["n"] == n).collect()
}

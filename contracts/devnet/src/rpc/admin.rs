//! Time travel for tests.

use axum::extract::{Query, State};
use axum::http::{header, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{on_large_stack, respond, App};

/// Far enough to outlive every TTL, and far from the end of the numbers.
const MAX_LEDGERS: u64 = 10_000_000;
/// Ten years.
const MAX_SECONDS: u64 = 315_360_000;

/// Closes the next ledger, and then jumps so many ledgers and seconds ahead.
pub async fn close(
    State(app): State<App>,
    headers: HeaderMap,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    if headers.contains_key(header::ORIGIN) {
        return (StatusCode::FORBIDDEN, "not for web pages").into_response();
    }
    let jump = match Jump::read(&query) {
        Ok(jump) => jump,
        Err(problem) => return respond(Err(problem)),
    };
    let closed = on_large_stack(move || {
        let mut node = app.node.write();
        let last = u64::from(node.ledger.header.seq) + jump.ledgers + 2;
        if last > u64::from(u32::MAX) {
            return Err("there are no ledger numbers that far ahead".to_owned());
        }
        node.close();
        if jump.ledgers > 0 || jump.seconds > 0 {
            node.travel(jump.ledgers as u32, jump.seconds);
        }
        let header = &node.ledger.header;
        Ok(json!({"ledger": header.seq, "time": header.time}))
    })
    .await;
    respond(closed.unwrap_or_else(|error| Err(error.json().to_string())))
}

#[derive(Default)]
struct Jump {
    ledgers: u64,
    seconds: u64,
}

impl Jump {
    fn read(query: &[(String, String)]) -> Result<Self, String> {
        let mut jump = Self::default();
        for (name, text) in query {
            let (value, most) = match name.as_str() {
                "skip" => (&mut jump.ledgers, MAX_LEDGERS),
                "seconds" => (&mut jump.seconds, MAX_SECONDS),
                _ => return Err(format!("{name} is unknown: there are skip and seconds")),
            };
            match text.parse() {
                Ok(number) if number <= most => *value = number,
                _ => return Err(format!("{name} has to be a number up to {most}")),
            }
        }
        Ok(jump)
    }
}

//! getEvents: filters, and pages that end at a limit or after a stretch of ledgers.

use serde_json::{json, Value};

use super::error::{Params, RpcError, RpcResult};
use super::paging::{check_range, start, Start};
use crate::history::{EventId, EventRecord};
use crate::node::Node;

/// One call looks through this many ledgers at most; an empty page is then not the end.
const SCANNED_LEDGERS: u32 = 10_000;
const MAX_FILTERS: usize = 5;
const MAX_CONTRACTS: usize = 5;
const MAX_TOPIC_FILTERS: usize = 5;

pub fn events(node: &Node, params: &Params) -> RpcResult {
    let limit = params.limit(100, 10_000)?;
    let filters = filters(params.list("/filters")?)?;
    let (first, after) = match start(node, params)? {
        Start::Ledger(ledger) => (EventId::first_of(ledger), None),
        Start::Cursor(text) => {
            let cursor = EventId::parse(text)
                .ok_or_else(|| RpcError::invalid_params("cursor is not an event id"))?;
            check_range(node, cursor.ledger())?;
            (cursor, Some(cursor))
        }
    };
    let latest = node.history.latest().seq;
    let mut end = latest.min(first.ledger().saturating_add(SCANNED_LEDGERS - 1));
    if let Some(bound) = params.number("/endLedger")?.filter(|bound| *bound > 0) {
        end = end.min(bound - 1);
    }
    let page: Vec<_> = node
        .history
        .events_from(first)
        .filter(|event| Some(event.id) != after)
        .take_while(|event| event.id.ledger() <= end)
        .filter(|event| filters.is_empty() || filters.iter().any(|filter| filter.admits(event)))
        .take(limit)
        .collect();
    let cursor = match page.last() {
        Some(last) if page.len() == limit => last.id,
        _ => EventId::end_of(end).max(first),
    };
    let (oldest, latest) = (node.history.oldest(), node.history.latest());
    Ok(json!({
        "events": page.into_iter().map(event_json).collect::<Vec<_>>(),
        "cursor": cursor.to_string(),
        "latestLedger": latest.seq,
        "oldestLedger": oldest.seq,
        "latestLedgerCloseTime": latest.time.to_string(),
        "oldestLedgerCloseTime": oldest.time.to_string(),
    }))
}

fn event_json(event: &EventRecord) -> Value {
    json!({
        "type": event.kind,
        "ledger": event.id.ledger(),
        "ledgerClosedAt": rfc3339(event.time),
        "contractId": event.contract,
        "id": event.id.to_string(),
        "operationIndex": event.id.toid & 0xfff,
        "transactionIndex": event.id.toid >> 12 & 0xf_ffff,
        "txHash": hex::encode(event.tx_hash),
        "inSuccessfulContractCall": true,
        "topic": event.topics,
        "value": event.value,
    })
}

struct Filter {
    kinds: Vec<String>,
    contracts: Vec<String>,
    topics: Vec<Vec<String>>,
}

fn filters(values: &[Value]) -> Result<Vec<Filter>, RpcError> {
    if values.len() > MAX_FILTERS {
        return Err(RpcError::invalid_params("maximum 5 filters per request"));
    }
    values.iter().map(Filter::new).collect()
}

impl Filter {
    fn new(value: &Value) -> Result<Self, RpcError> {
        let params = Params::new(value)?;
        let kinds = params.text("/type")?.filter(|kinds| !kinds.is_empty());
        let contracts = strings(params.list("/contractIds")?)?;
        let topics = params.list("/topics")?;
        if contracts.len() > MAX_CONTRACTS || topics.len() > MAX_TOPIC_FILTERS {
            return Err(RpcError::invalid_params(
                "maximum 5 contract IDs and 5 topics per filter",
            ));
        }
        let topics = topics.iter().map(topic_filter).collect::<Result<_, _>>()?;
        Ok(Self {
            kinds: kinds.map_or(Vec::new(), |kinds| {
                kinds.split(',').map(str::to_owned).collect()
            }),
            contracts,
            topics,
        })
    }

    /// A part that is not given admits everything.
    fn admits(&self, event: &EventRecord) -> bool {
        let kind = self.kinds.is_empty() || self.kinds.iter().any(|kind| kind == event.kind);
        let contract = self.contracts.is_empty() || self.contracts.contains(&event.contract);
        let mut topics = self.topics.iter();
        let topic = self.topics.is_empty() || topics.any(|pattern| matches(pattern, &event.topics));
        kind && contract && topic
    }
}

fn topic_filter(value: &Value) -> Result<Vec<String>, RpcError> {
    let segments = value
        .as_array()
        .ok_or_else(|| RpcError::invalid_params("a topic filter has to be an array"))?;
    let pattern = strings(segments)?;
    let open = pattern.last().is_some_and(|segment| segment == "**");
    let length = pattern.len() - usize::from(open);
    if pattern.is_empty() || length > 4 {
        return Err(RpcError::invalid_params(
            "a topic filter has to have 1 to 4 segments",
        ));
    }
    Ok(pattern)
}

fn strings(values: &[Value]) -> Result<Vec<String>, RpcError> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let strings: Option<Vec<_>> = values.iter().map(text).collect();
    strings.ok_or_else(|| RpcError::invalid_params("a filter consists of strings"))
}

/// `*` stands for any one topic, `**` at the end for any number of them.
fn matches(pattern: &[String], topics: &[String]) -> bool {
    let (fixed, open) = match pattern.split_last() {
        Some((last, fixed)) if last == "**" => (fixed, true),
        _ => (pattern, false),
    };
    let length = match open {
        true => topics.len() >= fixed.len(),
        false => topics.len() == fixed.len(),
    };
    let same = |(segment, topic): (&String, &String)| segment == "*" || segment == topic;
    length && fixed.iter().zip(topics).all(same)
}

/// Seconds since 1970 as a UTC date and time, by the civil-from-days algorithm.
fn rfc3339(time: u64) -> String {
    let (days, seconds) = (time / 86_400 + 719_468, time % 86_400);
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Years begin in March here, so that the leap day is the last one.
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn topic_patterns() {
        let topics = words("moved alice bob");
        for (pattern, expected) in [
            ("moved alice bob", true),
            ("moved * *", true),
            ("moved **", true),
            ("moved * * **", true),
            ("**", true),
            ("moved *", false),
            ("moved bob *", false),
            ("moved * * * **", false),
        ] {
            assert_eq!(matches(&words(pattern), &topics), expected, "{pattern}");
        }
    }

    #[test]
    fn dates() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(rfc3339(1_798_761_599), "2026-12-31T23:59:59Z");
    }
}

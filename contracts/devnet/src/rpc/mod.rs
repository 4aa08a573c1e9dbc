//! HTTP: JSON-RPC, friendbot, health, and the admin door when it is open.

mod admin;
mod close_meta;
mod error;
mod events;
mod ledgers;
mod methods;
mod paging;
mod transactions;

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::http::{header, HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use parking_lot::RwLock;
use serde_json::{json, Value};

use crate::history::base64_bytes;
use crate::node::Node;
use error::{RpcError, RpcResult};

/// A transaction at its limit is 176 KB in base64; 200 ledger keys are less.
const MAX_BODY: usize = 1 << 20;
const MAX_BATCH: usize = 100;

#[derive(Clone)]
pub struct App {
    pub node: Arc<RwLock<Node>>,
    pub friendbot_url: String,
}

pub fn router(app: App, admin: bool) -> Router {
    let mut router = Router::new()
        .route("/", post(json_rpc))
        .route("/soroban/rpc", post(json_rpc))
        .route("/friendbot", get(friendbot).post(friendbot_form))
        .route("/health", get(health));
    if admin {
        router = router.route("/admin/close", post(admin::close));
    }
    router
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(allow_any_origin))
        .with_state(app)
}

/// Pages of any origin may talk to a development network.
async fn allow_any_origin(request: Request, next: Next) -> Response {
    let preflight = request.method() == Method::OPTIONS;
    let mut response = match preflight {
        true => StatusCode::NO_CONTENT.into_response(),
        false => next.run(request).await,
    };
    let headers = response.headers_mut();
    let any = HeaderValue::from_static("*");
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any.clone());
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, any);
    let methods = HeaderValue::from_static("GET, POST, OPTIONS");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    let day = HeaderValue::from_static("86400");
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, day);
    response
}

/// Runs on a thread of the blocking pool: the lock may wait and the host needs the large stack.
async fn on_large_stack<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, RpcError> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.map_err(|_| RpcError::internal("internal error"))
}

async fn json_rpc(State(app): State<App>, body: Bytes) -> Response {
    match on_large_stack(move || answer_body(&app, &body)).await {
        Ok(Some(answer)) => Json(answer).into_response(),
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => Json(envelope(&Value::Null, Err(error))).into_response(),
    }
}

/// Nothing, if there are only notifications.
fn answer_body(app: &App, body: &[u8]) -> Option<Value> {
    match serde_json::from_slice(body) {
        Err(error) => Some(envelope(&Value::Null, Err(RpcError::parse(error)))),
        Ok(Value::Array(batch)) if batch.is_empty() || batch.len() > MAX_BATCH => {
            let error = RpcError::invalid_request("a batch holds 1 to 100 requests");
            Some(envelope(&Value::Null, Err(error)))
        }
        Ok(Value::Array(batch)) => {
            let answers: Vec<_> = batch.iter().filter_map(|one| answer(app, one)).collect();
            (!answers.is_empty()).then_some(Value::Array(answers))
        }
        Ok(request) => answer(app, &request),
    }
}

/// A request without an id is a notification: it is carried out and not answered.
fn answer(app: &App, request: &Value) -> Option<Value> {
    let Some(method) = request.get("method").and_then(Value::as_str) else {
        let error = RpcError::invalid_request("a request names a method");
        let id = request.get("id").unwrap_or(&Value::Null);
        return Some(envelope(id, Err(error)));
    };
    let result = methods::call(app, method, &request["params"]);
    Some(envelope(request.get("id")?, result))
}

fn envelope(id: &Value, result: RpcResult) -> Value {
    match result {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(error) => json!({"jsonrpc": "2.0", "id": id, "error": error.json()}),
    }
}

async fn health(State(app): State<App>) -> Response {
    let health = on_large_stack(move || methods::health(&app.node.read())).await;
    respond(health.map_err(|error| error.json().to_string()))
}

type Parameters = HashMap<String, String>;

async fn friendbot(State(app): State<App>, Query(query): Query<Parameters>) -> Response {
    fund(app, query).await
}

/// The address may come in the query or as a form.
async fn friendbot_form(
    State(app): State<App>,
    Query(mut query): Query<Parameters>,
    body: String,
) -> Response {
    if let Some(address) = body.strip_prefix("addr=") {
        query.entry("addr".to_owned()).or_insert(address.to_owned());
    }
    fund(app, query).await
}

async fn fund(app: App, query: Parameters) -> Response {
    let address = query.get("addr").cloned().unwrap_or_default();
    let funded = on_large_stack(move || {
        let key = stellar_strkey::ed25519::PublicKey::from_string(&address)
            .map_err(|_| "addr has to be the address of an account".to_owned())?;
        let mut node = app.node.write();
        let tx = node.fund(key.0)?;
        Ok(json!({
            "hash": hex::encode(tx.hash),
            "successful": tx.successful,
            "ledger": tx.ledger,
            "envelope_xdr": base64_bytes(&tx.envelope),
            "result_xdr": base64_bytes(&tx.result),
            "result_meta_xdr": base64_bytes(&tx.meta),
        }))
    })
    .await;
    respond(funded.unwrap_or_else(|error| Err(error.json().to_string())))
}

fn respond(result: Result<Value, String>) -> Response {
    match result {
        Ok(value) => Json(value).into_response(),
        Err(detail) => {
            let problem = json!({"status": 400, "title": "Bad Request", "detail": detail});
            (StatusCode::BAD_REQUEST, Json(problem)).into_response()
        }
    }
}

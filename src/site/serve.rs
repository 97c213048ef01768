//! Serving the site and its artifacts to a browser on this machine.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::system::FileSystem;

/// Where a site is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Name or number.
    pub host: String,
    /// 0 takes any that is free.
    pub port: u16,
}

/// The folder that is served.
struct Folder {
    files: Arc<dyn FileSystem>,
    path: PathBuf,
}

/// Serves the pages and JSON files of a folder until the future is dropped. `listening` is told the
/// address once it answers.
///
/// # Errors
/// The address cannot be listened on.
pub async fn serve(
    files: Arc<dyn FileSystem>,
    folder: PathBuf,
    address: &Address,
    listening: impl FnOnce(SocketAddr),
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::bind((address.host.as_str(), address.port)).await?;
    listening(listener.local_addr()?);
    let folder = Arc::new(Folder { files, path: folder });
    let router = Router::new()
        .route("/", get(|state: State<Arc<Folder>>| async move { state.answer("index.html") }))
        .route("/{name}", get(|state: State<Arc<Folder>>, Path(name): Path<String>| async move { state.answer(&name) }))
        .with_state(folder);
    axum::serve(listener, router).await
}

impl Folder {
    /// One file of the folder itself: nothing below it, and nothing but what a site is made of.
    fn answer(&self, name: &str) -> Response {
        let kind = match name.rsplit_once('.') {
            _ if name.contains(['/', '\\']) || name.starts_with('.') => return StatusCode::NOT_FOUND.into_response(),
            Some((_, "html")) => "text/html; charset=utf-8",
            Some((_, "json")) => "application/json",
            _ => return StatusCode::NOT_FOUND.into_response(),
        };
        match self.files.read(&self.path.join(name)) {
            Ok(content) => {
                ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], content).into_response()
            }
            Err(_) => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

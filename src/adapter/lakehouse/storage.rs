//! The folder that the lakehouse stands in, as an object store: names in, bytes and listings out.
//!
//! Everything goes through the object store so that a bucket can take the folder's place; only what
//! an object store cannot do at once (moving and deleting a whole folder) asks the file system.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use deltalake::{DeltaTable, DeltaTableBuilder, ObjectStore, ObjectStoreError, Path};
use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::{ObjectMeta, ObjectStoreExt, PutPayload};
use url::Url;

use super::error;
use super::names::{DROPPED, LOG, VIEWS, decode, encode};
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::system::{FileSystem, OsFileSystem};

/// How many folders are looked into at a time.
const LOOKS_AT_ONCE: usize = 16;

/// The root: a folder, or a place in a bucket.
#[derive(Debug, Clone)]
pub(super) struct Storage {
    store: Arc<dyn ObjectStore>,
    root: Path,
    home: Home,
}

#[derive(Debug, Clone)]
enum Home {
    Folder(PathBuf),
    /// The bucket's address, without a path.
    Bucket(Url),
}

impl Storage {
    /// The storage of a folder, which need not exist.
    ///
    /// # Errors
    /// `Settings` when the folder's path cannot be written as an address.
    pub(super) fn local(folder: &FilePath) -> Result<Self, AdapterError> {
        let root = Path::from_absolute_path(folder).map_err(|cause| {
            AdapterError::new(
                AdapterErrorKind::Settings,
                format!("the folder `{}` cannot be used: {cause}", folder.display()),
            )
        })?;
        Ok(Self { store: Arc::new(LocalFileSystem::new()), root, home: Home::Folder(folder.to_owned()) })
    }

    /// The storage of a place in a bucket.
    pub(super) fn bucket(store: Arc<dyn ObjectStore>, address: Url, root: Path) -> Self {
        Self { store, root, home: Home::Bucket(address) }
    }

    /// The address of a table's folder.
    fn table_url(&self, schema: &str, table: &str) -> Result<Url, AdapterError> {
        match &self.home {
            Home::Folder(folder) => {
                let folder = folder.join(encode(schema)?).join(encode(table)?);
                Url::from_directory_path(&folder).map_err(|()| {
                    AdapterError::new(AdapterErrorKind::Internal, format!("`{}` is no absolute path", folder.display()))
                })
            }
            Home::Bucket(address) => {
                let mut url = address.clone();
                url.set_path(&format!("{}/", self.path(&[&encode(schema)?, &encode(table)?])?));
                Ok(url)
            }
        }
    }

    /// A handle for the table of a name, which need not be there.
    ///
    /// # Errors
    /// `Sql` for a name that cannot be a folder.
    pub(super) fn table(&self, schema: &str, table: &str) -> Result<DeltaTable, AdapterError> {
        let url = self.table_url(schema, table)?;
        let mut builder = DeltaTableBuilder::from_url(url.clone()).map_err(error::from_delta)?;
        if let Home::Bucket(_) = self.home {
            builder = builder.with_storage_backend(Arc::clone(&self.store), url);
        }
        builder.build().map_err(error::from_delta)
    }

    /// What is known of a commit's file of a table, if it is there.
    pub(super) async fn commit_meta(
        &self,
        schema: &str,
        table: &str,
        version: u64,
    ) -> Result<Option<ObjectMeta>, AdapterError> {
        let path = self.path(&[&encode(schema)?, &encode(table)?, LOG, &format!("{version:020}.json")])?;
        match self.store.head(&path).await {
            Ok(meta) => Ok(Some(meta)),
            Err(ObjectStoreError::NotFound { .. }) => Ok(None),
            Err(other) => Err(error::from_store(other)),
        }
    }

    /// The commits that a table's log still has, by version, the earliest first.
    pub(super) async fn commits(&self, schema: &str, table: &str) -> Result<Vec<(u64, ObjectMeta)>, AdapterError> {
        let log = self.list(&self.path(&[&encode(schema)?, &encode(table)?, LOG])?).await?;
        let version = |meta: &ObjectMeta| meta.location.filename()?.strip_suffix(".json")?.parse().ok();
        let mut commits: Vec<(u64, ObjectMeta)> =
            log.objects.into_iter().filter_map(|meta| Some((version(&meta)?, meta))).collect();
        commits.sort_by_key(|(version, _)| *version);
        Ok(commits)
    }

    /// The text of a file that a listing has named.
    pub(super) async fn read(&self, file: &ObjectMeta) -> Result<Vec<u8>, AdapterError> {
        let found = self.store.get(&file.location).await.map_err(error::from_store)?;
        Ok(found.bytes().await.map_err(error::from_store)?.to_vec())
    }

    /// Whether a table stands there.
    pub(super) async fn is_table(&self, schema: &str, table: &str) -> Result<bool, AdapterError> {
        self.has_log(&encode(schema)?, &encode(table)?).await
    }

    async fn has_log(&self, schema: &str, table: &str) -> Result<bool, AdapterError> {
        let log = self.path(&[schema, table, LOG])?;
        let mut files = self.store.list(Some(&log));
        while let Some(file) = files.next().await {
            match file {
                Ok(meta) if is_log_file(&meta) => return Ok(true),
                Ok(_) | Err(ObjectStoreError::NotFound { .. }) => {}
                Err(other) => return Err(error::from_store(other)),
            }
        }
        Ok(false)
    }

    /// Names of the schemas.
    pub(super) async fn schemas(&self) -> Result<Vec<String>, AdapterError> {
        self.folders(&self.root).await
    }

    /// Names of the tables of a schema; an absent schema has none.
    pub(super) async fn tables(&self, schema: &str) -> Result<Vec<String>, AdapterError> {
        let folder = encode(schema)?;
        let candidates = self.folders(&self.path(&[&folder])?).await?;
        let looked = futures::stream::iter(candidates)
            .map(|table| {
                let folder = &folder;
                async move {
                    let found = self.has_log(folder, &encode(&table)?).await?;
                    Ok::<_, AdapterError>(found.then_some(table))
                }
            })
            .buffered(LOOKS_AT_ONCE);
        looked.try_filter_map(|table| async move { Ok(table) }).try_collect().await
    }

    /// Names of the views of a schema, whether or not a table hides them.
    pub(super) async fn views(&self, schema: &str) -> Result<Vec<String>, AdapterError> {
        let listing = self.list(&self.path(&[&encode(schema)?, VIEWS])?).await?;
        let names = listing.objects.iter().filter_map(|meta| meta.location.filename()?.strip_suffix(".json"));
        Ok(names.filter_map(decode).collect())
    }

    /// The stored text of a view.
    pub(super) async fn read_view(&self, schema: &str, view: &str) -> Result<Option<Vec<u8>>, AdapterError> {
        match self.store.get(&self.view_path(schema, view)?).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(error::from_store)?.to_vec())),
            Err(ObjectStoreError::NotFound { .. }) => Ok(None),
            Err(other) => Err(error::from_store(other)),
        }
    }

    /// Stores the text of a view; readers see the old text or the new one.
    pub(super) async fn write_view(&self, schema: &str, view: &str, text: Vec<u8>) -> Result<(), AdapterError> {
        let path = self.view_path(schema, view)?;
        self.store.put(&path, PutPayload::from(text)).await.map_err(error::from_store)?;
        Ok(())
    }

    /// Removes the text of a view; absent is fine. Tells whether it was there.
    pub(super) async fn remove_view(&self, schema: &str, view: &str) -> Result<bool, AdapterError> {
        match self.store.delete(&self.view_path(schema, view)?).await {
            Ok(()) => Ok(true),
            Err(ObjectStoreError::NotFound { .. }) => Ok(false),
            Err(other) => Err(error::from_store(other)),
        }
    }

    /// Makes the folder of a schema; a schema with a table or view in it has one anyway.
    pub(super) async fn create_schema(&self, schema: &str) -> Result<(), AdapterError> {
        let marker = self.path(&[&encode(schema)?, VIEWS, ".schema"])?;
        self.store.put(&marker, PutPayload::from_static(b"")).await.map_err(error::from_store)?;
        Ok(())
    }

    /// Removes a schema with all in it; absent is fine. Links are removed, not followed.
    pub(super) async fn remove_schema(&self, schema: &str) -> Result<(), AdapterError> {
        match &self.home {
            Home::Folder(root) => {
                let folder = root.join(encode(schema)?);
                self.remove_folder(folder, root.join(DROPPED).join(fresh_name())).await
            }
            Home::Bucket(_) => self.remove_all(&self.path(&[&encode(schema)?])?).await,
        }
    }

    /// Removes a table; absent is fine. In a folder it is gone for readers at once, being moved away
    /// before it is deleted; in a bucket its log goes first.
    pub(super) async fn remove_table(&self, schema: &str, table: &str) -> Result<(), AdapterError> {
        match &self.home {
            Home::Folder(root) => {
                let schema_folder = root.join(encode(schema)?);
                let hidden = schema_folder.join(DROPPED).join(fresh_name());
                self.remove_folder(schema_folder.join(encode(table)?), hidden).await
            }
            Home::Bucket(_) => {
                self.remove_all(&self.path(&[&encode(schema)?, &encode(table)?, LOG])?).await?;
                self.remove_all(&self.path(&[&encode(schema)?, &encode(table)?])?).await
            }
        }
    }

    /// Gives a table another name; nothing may stand there. In a bucket its files are copied, the log
    /// last, so that the new table is whole when it is seen.
    pub(super) async fn move_table(&self, from: (&str, &str), to: (&str, &str)) -> Result<(), AdapterError> {
        match &self.home {
            Home::Folder(root) => {
                let from_folder = root.join(encode(from.0)?).join(encode(from.1)?);
                let to_folder = root.join(encode(to.0)?).join(encode(to.1)?);
                on_disk(move || OsFileSystem.rename(&from_folder, &to_folder)).await
            }
            Home::Bucket(_) => {
                let source = self.path(&[&encode(from.0)?, &encode(from.1)?])?;
                let target = self.path(&[&encode(to.0)?, &encode(to.1)?])?;
                self.copy_all(&source, &target).await?;
                self.remove_table(from.0, from.1).await
            }
        }
    }

    async fn copy_all(&self, from: &Path, to: &Path) -> Result<(), AdapterError> {
        let mut files: Vec<ObjectMeta> = self.store.list(Some(from)).try_collect().await.map_err(error::from_store)?;
        let is_log = |path: &Path| path.as_ref().contains(&format!("/{LOG}/"));
        files.sort_by_key(|file| (is_log(&file.location), file.location.clone()));
        for file in files {
            let rest = file.location.as_ref().strip_prefix(from.as_ref()).unwrap_or_default();
            let copy = Path::parse(format!("{to}{rest}"));
            let copy = copy.map_err(|cause| AdapterError::new(AdapterErrorKind::Internal, cause.to_string()))?;
            self.store.copy(&file.location, &copy).await.map_err(error::from_store)?;
        }
        Ok(())
    }

    /// Removes all objects below a path, the latest commit of a log first.
    async fn remove_all(&self, below: &Path) -> Result<(), AdapterError> {
        let files: Vec<ObjectMeta> = self.store.list(Some(below)).try_collect().await.map_err(error::from_store)?;
        let mut paths: Vec<Path> = files.into_iter().map(|file| file.location).collect();
        paths.sort();
        for path in paths.into_iter().rev() {
            match self.store.delete(&path).await {
                Ok(()) | Err(ObjectStoreError::NotFound { .. }) => {}
                Err(other) => return Err(error::from_store(other)),
            }
        }
        Ok(())
    }

    /// Moves a folder out of sight, then deletes it together with what earlier, interrupted
    /// removals left.
    async fn remove_folder(&self, folder: PathBuf, hidden: PathBuf) -> Result<(), AdapterError> {
        on_disk(move || {
            hide(&folder, &hidden)?;
            match hidden.parent() {
                // Leftovers are no reason to fail, and another process may be deleting them too.
                Some(dropped) => OsFileSystem.remove_dir_all(dropped).or(Ok(())),
                None => Ok(()),
            }
        })
        .await
    }

    async fn folders(&self, parent: &Path) -> Result<Vec<String>, AdapterError> {
        let listing = self.list(parent).await?;
        let mut names: Vec<String> =
            listing.common_prefixes.iter().filter_map(|folder| decode(folder.filename()?)).collect();
        names.sort();
        Ok(names)
    }

    async fn list(&self, folder: &Path) -> Result<object_store::ListResult, AdapterError> {
        self.store.list_with_delimiter(Some(folder)).await.map_err(error::from_store)
    }

    fn view_path(&self, schema: &str, view: &str) -> Result<Path, AdapterError> {
        self.path(&[&encode(schema)?, VIEWS, &format!("{}.json", encode(view)?)])
    }

    /// A path below the root, of parts that are file names already.
    fn path(&self, parts: &[&str]) -> Result<Path, AdapterError> {
        let text = format!("{}/{}", self.root, parts.join("/"));
        Path::parse(text).map_err(|cause| AdapterError::new(AdapterErrorKind::Internal, cause.to_string()))
    }
}

fn is_log_file(meta: &ObjectMeta) -> bool {
    meta.location.filename().is_some_and(|name| {
        name.starts_with(|first: char| first.is_ascii_digit())
            && (name.ends_with(".json") || name.contains(".checkpoint"))
    })
}

/// Moves a folder away; absent is fine. Another process may be deleting the parent of the hiding
/// place at this moment, so one failure is no proof.
fn hide(folder: &FilePath, hidden: &FilePath) -> std::io::Result<()> {
    let mut attempts_left = 5;
    while OsFileSystem.is_dir(folder) {
        match OsFileSystem.rename(folder, hidden) {
            Err(error) if attempts_left > 0 && error.kind() == std::io::ErrorKind::NotFound => attempts_left -= 1,
            other => return other,
        }
    }
    Ok(())
}

fn fresh_name() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Runs a file system operation where it may block.
async fn on_disk(work: impl FnOnce() -> std::io::Result<()> + Send + 'static) -> Result<(), AdapterError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(error::from_io),
        Err(cause) => Err(AdapterError::new(AdapterErrorKind::Internal, cause.to_string())),
    }
}

//! `cabready backup` and `cabready restore`.

use std::path::Path;

use store::Store;
use store::connection::DatabaseUrl;
use store::upkeep;

use super::{Failure, Outcome, Wanted, fail, open_store};
use crate::settings::Common;

fn sqlite_path<'a>(url: &'a DatabaseUrl, instead: &str) -> Result<&'a Path, Failure> {
    url.sqlite_path().map(Path::new).ok_or_else(|| {
        fail(format!("this database is PostgreSQL, whose own tool does it while the server runs:\n  {instead}"))
    })
}

pub fn backup(common: &Common, target: &Path) -> Outcome {
    let instead = format!("pg_dump --format=custom --file={} \"$CABREADY_DATABASE_URL\"", target.display());
    sqlite_path(&common.database_url, &instead)?;
    if target.exists() {
        return Err(fail(format!("{} exists; a backup never overwrites a file: name another", target.display())));
    }
    if let Some(folder) = target.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|e| fail(format!("the folder {} cannot be made: {e}", folder.display())))?;
    }
    open_store(common, &Wanted::MustExist)?.copy_to(target)?;
    upkeep::check_copy(target)?;
    let bytes = std::fs::metadata(target)?.len();
    println!("{} ({bytes} bytes), checked", target.display());
    Ok(())
}

pub fn restore(common: &Common, source: &Path, force: bool) -> Outcome {
    let instead = format!("pg_restore --clean --if-exists --dbname=\"$CABREADY_DATABASE_URL\" {}", source.display());
    let target = sqlite_path(&common.database_url, &instead)?;
    if source.canonicalize().ok().is_some_and(|s| target.canonicalize().is_ok_and(|t| s == t)) {
        return Err(fail(format!("{} is the database itself; name the backup", source.display())));
    }
    upkeep::check_copy(source)?;
    if target.exists() {
        if upkeep::is_held(target)? {
            return Err(fail(format!("{} is in use: stop the server that holds it, then try again", target.display())));
        }
        if !force {
            return Err(fail(format!(
                "{} exists and would be lost; back it up with `cabready backup`, then repeat with --force",
                target.display()
            )));
        }
    }
    upkeep::put_in_place(source, target)?;
    let store = Store::open(&common.database_url, common.connections)?;
    for name in store.migrate()? {
        println!("migration {name} ran");
    }
    println!("{} is restored from {}", target.display(), source.display());
    Ok(())
}

//! Profiles: how the export of each platform was read last time.

use contract::{FlowProfile, FlowProfileList, Nothing, ProfileChange, ProfileColumn};
use domain::ProfileId;
use serde_json::json;
use store::dialect;
use store::flow_profiles::Row;
use store::journal::Entry;

use crate::{Answer, Call, Error, Result, journal};

fn profile(row: Row) -> Result<FlowProfile> {
    Ok(FlowProfile {
        id: row.id.parse().map_err(Error::internal)?,
        columns: columns(&row)?,
        changed: change(&row)?,
        platform: row.platform,
        used_at: store::time::from_db(row.used_at),
    })
}

pub(super) fn columns(row: &Row) -> Result<Vec<ProfileColumn>> {
    Ok(serde_json::from_str(&row.layout)?)
}

fn change(row: &Row) -> Result<Option<ProfileChange>> {
    Ok(Some(&row.changed).filter(|c| !c.is_empty()).map(|c| serde_json::from_str(c)).transpose()?)
}

pub fn list_flow_profiles(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<FlowProfileList>> {
    let rows = store::flow_profiles::list(&mut *call.app.store.conn()?, call.scope()?)?;
    Ok(Answer::new(FlowProfileList { data: rows.into_iter().map(profile).collect::<Result<_>>()? }))
}

pub fn delete_flow_profile(call: &Call, id: ProfileId, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    let scope = call.scope()?;
    call.app.store.conn()?.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let platform = store::flow_profiles::forget(conn, scope, id)?;
        let entry = Entry {
            action: "flow_profile.delete",
            subject_kind: "flow_profile",
            subject_id: id.to_string(),
            subject_label: platform,
            changes: json!({}),
            act_id: None,
        };
        store::journal::append(conn, scope.cabinet(), &journal::stamp(call), &[entry])?;
        Ok(())
    })?;
    Ok(Answer::none())
}

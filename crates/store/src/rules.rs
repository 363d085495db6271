//! The firm's rules of the score, each change a version.

use diesel::prelude::*;
use domain::CabinetId;

use crate::schema::readiness_rules as rules;
use crate::{Conn, Result};

/// The rules in force, as they are kept; nothing while the firm has changed none.
pub fn current(conn: &mut Conn, cabinet: CabinetId) -> Result<Option<String>> {
    rules::table
        .filter(rules::cabinet_id.eq(cabinet.to_string()))
        .order(rules::version.desc())
        .select(rules::rules)
        .first(conn)
        .optional()
}

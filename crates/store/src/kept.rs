//! Pieces of SQL whose prepared statement is kept by the connection. Diesel prepares its own lists of alternatives and
//! its literals anew at each run, which costs as much as many a query does.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::expression::{TypedExpressionType, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Text};

/// A list longer than this is rare: keeping a statement for each length would fill the memory of the connection.
const LONGEST_LIST: usize = 16;

#[derive(Debug, Clone)]
enum Piece {
    /// Written by this program: nothing that came from outside.
    Sql(Cow<'static, str>),
    Text(String),
    Number(i64),
}

/// A condition, another value of the type, or a whole query whose columns are of the type.
#[derive(Debug, Clone)]
pub struct Kept<ST = Bool> {
    pieces: Vec<Piece>,
    keep: bool,
    columns: PhantomData<ST>,
}

impl<ST> Kept<ST> {
    pub fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self { pieces: vec![Piece::Sql(sql.into())], keep: true, columns: PhantomData }
    }

    /// Prepared anew at each run after all: where the best plan changes with the size of a table.
    pub fn fresh(mut self) -> Self {
        self.keep = false;
        self
    }

    pub fn sql(mut self, sql: impl Into<Cow<'static, str>>) -> Self {
        self.pieces.push(Piece::Sql(sql.into()));
        self
    }

    /// The same pieces as a part of something of another type.
    pub fn retyped<T>(self) -> Kept<T> {
        Kept { pieces: self.pieces, keep: self.keep, columns: PhantomData }
    }

    /// Followed by another piece.
    pub fn then(mut self, other: Self) -> Self {
        self.pieces.extend(other.pieces);
        self.keep &= other.keep;
        self
    }

    pub fn text(mut self, value: impl Into<String>) -> Self {
        self.pieces.push(Piece::Text(value.into()));
        self
    }

    pub fn number(mut self, value: i64) -> Self {
        self.pieces.push(Piece::Number(value));
        self
    }
}

/// The column has one of the values. The list is filled up to a power of two, so that few statements serve all lengths.
fn one_of(column: &'static str, mut values: Vec<Piece>) -> Kept {
    let Some(last) = values.last().cloned() else { return Kept::new("1 = 0") };
    values.resize(values.len().next_power_of_two(), last);
    let mut condition = Kept::new(column).sql(" IN (");
    condition.keep = values.len() <= LONGEST_LIST;
    for (i, value) in values.into_iter().enumerate() {
        if i > 0 {
            condition.pieces.push(Piece::Sql(", ".into()));
        }
        condition.pieces.push(value);
    }
    condition.sql(")")
}

pub fn one_of_texts(column: &'static str, values: impl IntoIterator<Item = String>) -> Kept {
    one_of(column, values.into_iter().map(Piece::Text).collect())
}

pub fn one_of_numbers(column: &'static str, values: impl IntoIterator<Item = i64>) -> Kept {
    one_of(column, values.into_iter().map(Piece::Number).collect())
}

impl<ST, DB> QueryFragment<DB> for Kept<ST>
where
    DB: Backend + HasSqlType<Text> + HasSqlType<BigInt>,
    String: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if !self.keep {
            out.unsafe_to_cache_prepared();
        }
        for piece in &self.pieces {
            match piece {
                Piece::Sql(sql) => out.push_sql(sql),
                Piece::Text(value) => out.push_bind_param::<Text, _>(value)?,
                Piece::Number(value) => out.push_bind_param::<BigInt, _>(value)?,
            }
        }
        Ok(())
    }
}

/// Found among the kept statements by its text.
impl<ST> QueryId for Kept<ST> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> Query for Kept<ST> {
    type SqlType = ST;
}

impl<ST, C> RunQueryDsl<C> for Kept<ST> {}

impl<ST: TypedExpressionType> Expression for Kept<ST> {
    type SqlType = ST;
}

impl<QS, ST: TypedExpressionType> SelectableExpression<QS> for Kept<ST> {}

impl<QS, ST: TypedExpressionType> AppearsOnTable<QS> for Kept<ST> {}

impl<GB, ST> ValidGrouping<GB> for Kept<ST> {
    type IsAggregate = is_aggregate::Never;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(values: &[&str]) -> String {
        let condition = one_of_texts("c", values.iter().map(|v| (*v).to_owned()));
        diesel::debug_query::<diesel::sqlite::Sqlite, _>(&condition).to_string()
    }

    #[test]
    fn lists_of_like_length_share_a_statement() {
        assert_eq!(written(&["a"]), "c IN (?) -- binds: [\"a\"]");
        assert_eq!(written(&["a", "b", "c"]), "c IN (?, ?, ?, ?) -- binds: [\"a\", \"b\", \"c\", \"c\"]");
        assert_eq!(written(&[]), "1 = 0 -- binds: []");
        assert!(one_of_numbers("c", 0..16).keep && !one_of_numbers("c", 0..17).keep);
    }
}

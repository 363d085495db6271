//! Firms and people, made as real ones are: by signing up and by invitation.

use contract::endpoint::op;
use contract::{Credentials, Endpoint, InvitationAnswer, NewCabinet, NewInvitation, Nothing, SessionToken};
use domain::{Access, CabinetId, PortfolioId, Role, UserId};

use crate::{Response, TestApp};

pub const PASSWORD: &str = "quatre mots bien assez longs";

/// A signed-in person.
#[derive(Debug, Clone)]
pub struct Person {
    pub token: String,
    /// The secret of the refresh cookie.
    pub refresh_token: String,
    pub user_id: UserId,
    pub cabinet_id: CabinetId,
    pub email: String,
    pub password: String,
}

impl Person {
    fn of(response: &Response, email: &str) -> Self {
        assert_eq!(response.status, 201, "{}", response.text());
        let session: SessionToken = serde_json::from_slice(&response.body).expect("a session");
        Self {
            token: session.access_token,
            refresh_token: response.refresh_token().expect("the refresh cookie"),
            user_id: session.me.user_id,
            cabinet_id: session.me.cabinet_id,
            email: email.to_owned(),
            password: PASSWORD.to_owned(),
        }
    }
}

fn unique_email() -> String {
    format!("{}@exemple.fr", uuid::Uuid::now_v7().simple())
}

impl TestApp {
    /// A new cabinet; the reply is its first partner.
    pub fn sign_up(&self, cabinet_name: &str) -> Person {
        let email = unique_email();
        let body = NewCabinet {
            cabinet_name: cabinet_name.to_owned(),
            name: "Claire Martin".to_owned(),
            email: email.clone(),
            password: PASSWORD.to_owned(),
            lang: None,
        };
        Person::of(&self.ask::<op::CreateCabinet>(Nothing {}, Nothing {}, body).send(), &email)
    }

    /// A further person of the partner's cabinet, invited and arrived.
    pub fn join(&self, partner: &Person, role: Role, access: Access, portfolio_ids: Vec<PortfolioId>) -> Person {
        let email = unique_email();
        let invitation =
            NewInvitation { email: email.clone(), role, access: Some(access), portfolio_ids, aliases: Vec::new() };
        let invitation = self
            .call::<op::CreateInvitation>(&partner.token, Nothing {}, Nothing {}, invitation)
            .unwrap_or_else(|p| panic!("{p:?}"));
        let link = invitation.link.expect("a new invitation tells its link");
        let token = link.split_once('#').map_or(link.as_str(), |(_, token)| token).to_owned();
        let body = InvitationAnswer { token, name: format!("Personne {role}"), password: PASSWORD.to_owned() };
        Person::of(&self.ask::<op::AcceptInvitation>(Nothing {}, Nothing {}, body).send(), &email)
    }

    /// Signs a person in once more.
    pub fn sign_in(&self, email: &str, password: &str) -> Response {
        let body = Credentials { email: email.to_owned(), password: password.to_owned() };
        self.ask::<op::CreateSession>(Nothing {}, Nothing {}, body).send()
    }

    /// The operation with nothing to say, as a person.
    pub fn get<E>(&self, person: &Person) -> E::Reply
    where
        E: Endpoint<Path = Nothing, Body = Nothing>,
        E::Query: Default,
    {
        self.call::<E>(&person.token, Nothing {}, E::Query::default(), Nothing {})
            .unwrap_or_else(|p| panic!("{}: {p:?}", E::META.id))
    }
}

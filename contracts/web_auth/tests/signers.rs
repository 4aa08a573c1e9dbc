use soroban_sdk::{
    testutils::{Address as _, MockAuth, MockAuthInvoke},
    Address, Env, Error, IntoVal, InvokeError, Map, String, Symbol, Val,
};
use web_auth::{WebAuth, WebAuthClient, WebAuthError};

struct Site {
    e: Env,
    client: WebAuthClient<'static>,
    account: Address,
    server: Address,
    domain: Address,
}

fn site() -> Site {
    let e = Env::default();
    let client = WebAuthClient::new(&e, &e.register(WebAuth, ()));
    let [account, server, domain] = [(); 3].map(|()| Address::generate(&e));
    Site {
        e,
        client,
        account,
        server,
        domain,
    }
}

impl Site {
    fn args(&self, with_domain: bool) -> Map<Symbol, String> {
        let mut args = Map::new(&self.e);
        let mut put = |key, value| args.set(Symbol::new(&self.e, key), value);
        put("account", self.account.to_string());
        put("web_auth_domain_account", self.server.to_string());
        put("nonce", String::from_str(&self.e, "1"));
        if with_domain {
            put("client_domain", String::from_str(&self.e, "wallet.example"));
            put("client_domain_account", self.domain.to_string());
        }
        args
    }

    fn without(&self, key: &str) -> Map<Symbol, String> {
        let mut args = self.args(true);
        args.remove(Symbol::new(&self.e, key)).unwrap();
        args
    }

    /// What `asked` answers once `signers` have signed `signed`.
    fn verify(
        &self,
        asked: &Map<Symbol, String>,
        signed: &Map<Symbol, String>,
        signers: &[&Address],
    ) -> Result<(), Result<Error, InvokeError>> {
        let call = MockAuthInvoke {
            contract: &self.client.address,
            fn_name: "web_auth_verify",
            args: soroban_sdk::vec![&self.e, IntoVal::<Env, Val>::into_val(signed, &self.e)],
            sub_invokes: &[],
        };
        let auths: std::vec::Vec<_> = signers
            .iter()
            .map(|address| MockAuth {
                address,
                invoke: &call,
            })
            .collect();
        self.e.mock_auths(&auths);
        self.client
            .try_web_auth_verify(asked)
            .map(|read| read.unwrap())
    }
}

#[test]
fn account_and_server_sign_both() {
    let s = site();
    let args = s.args(false);
    assert!(s.verify(&args, &args, &[&s.account, &s.server]).is_ok());
    assert!(s.verify(&args, &args, &[&s.account]).is_err());
    assert!(s.verify(&args, &args, &[&s.server]).is_err());
}

#[test]
fn a_client_domain_that_is_named_signs_too() {
    let s = site();
    let args = s.args(true);
    assert!(s
        .verify(&args, &args, &[&s.account, &s.server, &s.domain])
        .is_ok());
    assert!(s.verify(&args, &args, &[&s.account, &s.server]).is_err());
}

#[test]
fn other_arguments_are_not_what_was_signed() {
    let s = site();
    let (signed, mut asked) = (s.args(false), s.args(false));
    asked.set(Symbol::new(&s.e, "nonce"), String::from_str(&s.e, "2"));
    assert!(s.verify(&asked, &signed, &[&s.account, &s.server]).is_err());
}

#[test]
fn whoever_has_to_sign_is_named() {
    let s = site();
    let everybody = [&s.account, &s.server, &s.domain];
    for (key, refusal) in [
        ("account", WebAuthError::MissingAccount),
        ("web_auth_domain_account", WebAuthError::MissingAccount),
        ("client_domain", WebAuthError::HalfClientDomain),
        ("client_domain_account", WebAuthError::HalfClientDomain),
    ] {
        let args = s.without(key);
        let refused = s.verify(&args, &args, &everybody).unwrap_err();
        assert_eq!(refused, Ok(refusal.into()), "{key}");
    }
}

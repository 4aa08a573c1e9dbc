use foundation::StewardError;
use generator::{GeneratorClient, State};
use generator_factory::{
    FactoryError, GeneratorCreated, GeneratorFactory, GeneratorFactoryClient, GeneratorWasmSet,
    ProviderSet, Terms, TermsError, TokenSet,
};
use soroban_sdk::{
    testutils::{Address as _, Events, Ledger, MockAuth, MockAuthInvoke},
    Address, BytesN, Env, Error, Event, IntoVal, InvokeError, String, Symbol, Vec,
};

const GENERATOR: &[u8] = include_bytes!("../../wasm/generator.wasm");
const FACTORY: &[u8] = include_bytes!("../../wasm/generator_factory.wasm");
/// Any other contract whose constructor takes something else.
const OTHER: &[u8] = include_bytes!("../../wasm/grid_token.wasm");

const NOW: u64 = 1_780_000_000;
const REQUEST: u64 = 42;

struct Site {
    e: Env,
    admin: Address,
    requester: Address,
    provider: Address,
    token: Address,
    wasm: BytesN<32>,
    id: Address,
    client: GeneratorFactoryClient<'static>,
}

fn site() -> Site {
    let e = Env::default();
    e.mock_all_auths();
    e.ledger().set_timestamp(NOW);
    let [admin, requester, provider, token] = core::array::from_fn(|_| Address::generate(&e));
    let wasm = e.deployer().upload_contract_wasm(GENERATOR);
    let id = e.register(GeneratorFactory, (&admin, &wasm));
    let client = GeneratorFactoryClient::new(&e, &id);
    client.set_provider(&provider, &true);
    client.set_token(&token, &true);
    Site {
        e,
        admin,
        requester,
        provider,
        token,
        wasm,
        id,
        client,
    }
}

impl Site {
    fn terms(&self) -> Terms {
        Terms {
            requester: self.requester.clone(),
            provider: self.provider.clone(),
            token: self.token.clone(),
            goal: 1_000_000,
            deadline: NOW + 30 * 86_400,
            min_units: 1,
            max_units: 10_000,
            milestones: Vec::from_array(&self.e, [100]),
            measure: String::from_str(&self.e, "kWh"),
            parts: 1_000,
            min_price: 0,
            max_price: 100,
            slot_seconds: 900,
            maintenance_bps: 500,
        }
    }

    fn create(&self) -> Address {
        self.client.create(&self.requester, &REQUEST, &self.terms())
    }

    /// From now on only these have signed a creation with these terms.
    fn signed_by(&self, signers: &[&Address], terms: &Terms) {
        let invoke = MockAuthInvoke {
            contract: &self.id,
            fn_name: "create",
            args: (&self.requester, REQUEST, terms.clone()).into_val(&self.e),
            sub_invokes: &[],
        };
        let auths: std::vec::Vec<_> = signers
            .iter()
            .map(|address| MockAuth {
                address,
                invoke: &invoke,
            })
            .collect();
        self.e.mock_auths(&auths);
    }

    fn last_event(&self, event: impl Event) {
        let events = self.e.events().all();
        let last = events.events().last().cloned();
        assert_eq!(last, Some(event.to_xdr(&self.e, &self.id)));
    }
}

fn code<T: core::fmt::Debug, C: core::fmt::Debug>(
    result: Result<Result<T, C>, Result<Error, InvokeError>>,
) -> u32 {
    match result {
        Err(Ok(error)) => error.get_code(),
        other => panic!("expected a contract error, got {other:?}"),
    }
}

#[test]
fn a_request_becomes_a_generator_that_the_factory_knows() {
    let s = site();
    let expected = s.client.address_of(&s.requester, &REQUEST);
    assert!(!s.client.is_generator(&expected));
    let address = s.create();
    s.last_event(GeneratorCreated {
        requester: s.requester.clone(),
        request_id: REQUEST,
        generator: address.clone(),
        wasm_hash: s.wasm.clone(),
    });
    assert_eq!(address, expected);
    assert!(s.client.is_generator(&address));
    let of_request = s.client.generator_of(&s.requester, &REQUEST);
    assert_eq!(of_request, Some(address.clone()));
    assert_eq!(s.client.count(), 1);
    assert_eq!(s.client.generator_at(&0), Some(address.clone()));
    assert_eq!(s.client.generator_at(&1), None);

    let generator = GeneratorClient::new(&s.e, &address);
    assert_eq!(generator.state(), State::Funding);
    assert_eq!(generator.terms(), s.terms());
    assert_eq!(generator.admin(), Some(s.admin));
}

#[test]
fn who_was_not_deployed_here_is_no_generator() {
    let s = site();
    let terms = s.terms();
    let alone = s.e.register(GENERATOR, (&s.admin, terms));
    assert!(!s.client.is_generator(&alone));
    assert_eq!(s.client.generator_of(&s.requester, &REQUEST), None);
}

#[test]
fn an_address_is_bound_to_requester_and_request() {
    let s = site();
    let other = Address::generate(&s.e);
    let mine = s.client.address_of(&s.requester, &REQUEST);
    assert_ne!(mine, s.client.address_of(&s.requester, &(REQUEST + 1)));
    assert_ne!(mine, s.client.address_of(&other, &REQUEST));
    // Somebody else's request of the same number does not stand in the way.
    let mut terms = s.terms();
    terms.requester = other.clone();
    let others = s.client.create(&other, &REQUEST, &terms);
    assert_ne!(others, mine);
    assert_eq!(s.create(), mine);
    assert_eq!(s.client.count(), 2);
    assert_eq!(s.client.generator_at(&0), Some(others));
}

#[test]
fn a_request_has_one_generator() {
    let s = site();
    s.create();
    let terms = s.terms();
    let twice = s.client.try_create(&s.requester, &REQUEST, &terms);
    assert_eq!(code(twice), FactoryError::RequestTaken as u32);
    s.client.create(&s.requester, &(REQUEST + 1), &terms);
}

#[test]
fn nobody_asks_in_anothers_name() {
    let s = site();
    let other = Address::generate(&s.e);
    let terms = s.terms();
    let refused = s.client.try_create(&other, &REQUEST, &terms);
    assert_eq!(code(refused), FactoryError::NotYourTerms as u32);
    for signers in [
        &[&s.admin, &s.provider][..],
        &[&other, &s.provider],
        &[&s.provider],
    ] {
        s.signed_by(signers, &terms);
        let refused = s.client.try_create(&s.requester, &REQUEST, &terms);
        assert!(refused.is_err());
    }
    s.signed_by(&[&s.requester, &s.provider], &terms);
    s.create();
}

#[test]
fn nobody_is_made_the_provider_of_terms_they_have_not_signed() {
    let s = site();
    let (terms, mut others) = (s.terms(), s.terms());
    others.goal *= 2;
    s.signed_by(&[&s.requester], &terms);
    assert!(s.client.try_create(&s.requester, &REQUEST, &terms).is_err());
    // A signature is for these terms and no others.
    s.signed_by(&[&s.requester, &s.provider], &terms);
    assert!(s
        .client
        .try_create(&s.requester, &REQUEST, &others)
        .is_err());
    s.create();
}

#[test]
fn a_village_may_build_for_itself_and_signs_once() {
    let s = site();
    s.client.set_provider(&s.requester, &true);
    let mut terms = s.terms();
    terms.provider = s.requester.clone();
    s.signed_by(&[&s.requester], &terms);
    s.client.create(&s.requester, &REQUEST, &terms);
}

#[test]
fn only_admitted_tokens_pay() {
    let s = site();
    let mut terms = s.terms();
    terms.token = s.admin.clone();
    let refused = s.client.try_create(&s.requester, &REQUEST, &terms);
    assert_eq!(code(refused), FactoryError::TokenNotAllowed as u32);
    s.client.set_token(&s.admin, &true);
    s.last_event(TokenSet {
        token: s.admin.clone(),
        allowed: true,
    });
    assert!(s.client.is_token(&s.admin));
    s.client.create(&s.requester, &REQUEST, &terms);
    s.client.set_token(&s.admin, &false);
    let refused = s.client.try_create(&s.requester, &7, &terms);
    assert_eq!(code(refused), FactoryError::TokenNotAllowed as u32);
}

#[test]
fn only_admitted_providers_build() {
    let s = site();
    s.client.set_provider(&s.provider, &false);
    s.last_event(ProviderSet {
        provider: s.provider.clone(),
        allowed: false,
    });
    assert!(!s.client.is_provider(&s.provider));
    let terms = s.terms();
    let refused = s.client.try_create(&s.requester, &REQUEST, &terms);
    assert_eq!(code(refused), FactoryError::ProviderNotAllowed as u32);
    s.client.set_provider(&s.provider, &true);
    assert!(s.client.is_provider(&s.provider));
    s.create();
}

#[test]
fn terms_that_no_generator_takes_are_refused_and_leave_nothing_behind() {
    let s = site();
    let mut terms = s.terms();
    terms.goal = 1;
    let refused = s.client.try_create(&s.requester, &REQUEST, &terms);
    assert_eq!(code(refused), TermsError::InvalidGoal as u32);
    assert_eq!(s.client.count(), 0);
    assert_eq!(s.client.generator_of(&s.requester, &REQUEST), None);
    s.create();
}

#[test]
fn new_code_is_for_new_generators_only() {
    let s = site();
    let first = s.create();
    let other = s.e.deployer().upload_contract_wasm(OTHER);
    s.client.set_generator_wasm(&other);
    s.last_event(GeneratorWasmSet {
        wasm_hash: other.clone(),
    });
    assert_eq!(s.client.generator_wasm(), other);
    let generator = GeneratorClient::new(&s.e, &first);
    assert_eq!(generator.state(), State::Funding);
    // This one cannot even begin.
    let terms = s.terms();
    let refused = s.client.try_create(&s.requester, &7, &terms);
    assert!(refused.is_err());
    s.client.set_generator_wasm(&s.wasm);
    s.client.create(&s.requester, &7, &terms);
}

#[test]
fn only_the_admin_admits_providers_and_tokens_and_sets_the_code() {
    let s = site();
    s.e.set_auths(&[]);
    assert!(s.client.try_set_provider(&s.admin, &true).is_err());
    assert!(s.client.try_set_token(&s.admin, &true).is_err());
    assert!(s.client.try_set_generator_wasm(&s.wasm).is_err());
    assert!(s.client.try_upgrade(&s.wasm).is_err());
    assert_eq!(s.client.admin(), Some(s.admin));
    assert_eq!(s.client.schema_version(), 1);
}

#[test]
fn a_paused_factory_deploys_nothing() {
    let s = site();
    s.client.pause(&s.admin);
    let terms = s.terms();
    let refused = s.client.try_create(&s.requester, &REQUEST, &terms);
    assert_eq!(code(refused), StewardError::Paused as u32);
    s.client.unpause();
    s.create();
}

#[test]
fn without_its_settings_it_does_nothing() {
    let s = site();
    s.e.as_contract(&s.id, || {
        let key = (Symbol::new(&s.e, "Wasm"),);
        s.e.storage().instance().remove(&key);
    });
    let terms = s.terms();
    let refused = s.client.try_create(&s.requester, &REQUEST, &terms);
    assert_eq!(code(refused), FactoryError::NotConfigured as u32);
}

#[test]
fn the_wasm_of_both_fits_together() {
    let mut s = site();
    s.id = s.e.register(FACTORY, (&s.admin, &s.wasm));
    s.client = GeneratorFactoryClient::new(&s.e, &s.id);
    s.client.set_provider(&s.provider, &true);
    s.client.set_token(&s.token, &true);
    let address = s.create();
    let used = s.e.cost_estimate().resources();
    println!("create: {used:?}");
    assert!(used.instructions < 10_000_000);
    let generator = GeneratorClient::new(&s.e, &address);
    assert_eq!(generator.state(), State::Funding);
    let terms = s.terms();
    let twice = s.client.try_create(&s.requester, &REQUEST, &terms);
    assert_eq!(code(twice), FactoryError::RequestTaken as u32);
}

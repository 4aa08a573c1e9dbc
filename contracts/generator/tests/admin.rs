mod common;

use common::{active, code, funded, priced, refusal, site, Site, MONTH, PRICE, SLOT};
use foundation::StewardError;
use generator::{GeneratorError, State, ANSWER_SECONDS};
use soroban_sdk::{
    testutils::{MockAuth, MockAuthInvoke},
    Address, BytesN, IntoVal, Symbol, Val, Vec,
};

fn sign(s: &Site, who: &[&Address], fn_name: &str, args: Vec<Val>) {
    let invoke = MockAuthInvoke {
        contract: &s.id,
        fn_name,
        args,
        sub_invokes: &[],
    };
    let signed: std::vec::Vec<_> = who
        .iter()
        .map(|address| MockAuth {
            address,
            invoke: &invoke,
        })
        .collect();
    s.e.mock_auths(&signed);
}

#[test]
fn shows_who_runs_it() {
    let s = site();
    assert_eq!(s.client.admin(), Some(s.admin));
    assert_eq!(s.client.schema_version(), 1);
}

#[test]
fn money_leaves_the_escrow_when_village_and_cooperative_agree() {
    let s = funded();
    let args: Vec<Val> = (0u32, s.hash()).into_val(&s.e);
    for alone in [&s.requester, &s.admin, &s.provider] {
        sign(&s, &[alone], "release", args.clone());
        assert!(s.client.try_release(&0, &s.hash()).is_err());
    }
    sign(&s, &[&s.provider, &s.admin], "release", args.clone());
    assert!(s.client.try_release(&0, &s.hash()).is_err());
    sign(&s, &[&s.requester, &s.admin], "release", args);
    s.client.release(&0, &s.hash());
}

#[test]
fn maintenance_is_spent_when_both_agree() {
    let s = active();
    let args: Vec<Val> = (&s.provider, 1u64, s.hash()).into_val(&s.e);
    for alone in [&s.requester, &s.admin, &s.provider] {
        sign(&s, &[alone], "spend_maintenance", args.clone());
        let spent = s.client.try_spend_maintenance(&s.provider, &1, &s.hash());
        assert!(spent.is_err());
    }
    sign(&s, &[&s.requester, &s.admin], "spend_maintenance", args);
    s.client.spend_maintenance(&s.provider, &1, &s.hash());
}

#[test]
fn it_is_retired_and_its_device_replaced_when_both_agree() {
    let s = active();
    let key: Vec<Val> = (s.key(),).into_val(&s.e);
    for alone in [&s.requester, &s.admin] {
        sign(&s, &[alone], "retire", Vec::new(&s.e));
        assert!(s.client.try_retire().is_err());
        sign(&s, &[alone], "replace_device", key.clone());
        assert!(s.client.try_replace_device(&s.key()).is_err());
    }
    sign(&s, &[&s.requester, &s.admin], "replace_device", key);
    s.client.replace_device(&s.key());
    sign(&s, &[&s.requester, &s.admin], "retire", Vec::new(&s.e));
    s.client.retire();
}

#[test]
fn the_cooperative_announces_and_carries_out_and_the_requester_objects() {
    let s = funded();
    let args: Vec<Val> = (Some(0u32), s.hash()).into_val(&s.e);
    for other in [&s.requester, &s.provider, &s.ada] {
        sign(&s, &[other], "announce", args.clone());
        assert!(s.client.try_announce(&Some(0), &s.hash()).is_err());
    }
    sign(&s, &[&s.admin], "announce", args.clone());
    s.client.announce(&Some(0), &s.hash());
    for other in [&s.admin, &s.provider, &s.ada] {
        sign(&s, &[other], "raise_objection", Vec::new(&s.e));
        assert!(s.client.try_raise_objection().is_err());
    }
    s.wait(ANSWER_SECONDS);
    for other in [&s.requester, &s.provider, &s.ada] {
        sign(&s, &[other], "carry_out", args.clone());
        assert!(s.client.try_carry_out(&Some(0), &s.hash()).is_err());
    }
    sign(&s, &[&s.admin], "carry_out", args);
    s.client.carry_out(&Some(0), &s.hash());
}

#[test]
fn the_requester_binds_the_device() {
    let s = funded();
    let key: Vec<Val> = (s.key(),).into_val(&s.e);
    for other in [&s.admin, &s.provider, &s.ada] {
        sign(&s, &[other], "install", key.clone());
        assert!(s.client.try_install(&s.key()).is_err());
    }
    sign(&s, &[&s.requester], "install", key);
    s.client.install(&s.key());
}

#[test]
fn strangers_move_nothing_of_others() {
    let s = priced();
    s.client.list(&s.ben, &10, &1);
    let (from, until) = (s.now() + SLOT, s.now() + 2 * SLOT);
    let id = s.client.sell_future(&s.ada, &1, &from, &until, &1);
    s.e.set_auths(&[]);
    assert!(s.client.try_fund(&s.ada, &1).is_err());
    assert!(s.client.try_refund(&s.ada).is_err());
    assert!(s.client.try_activate(&s.requester, &1).is_err());
    assert!(s.client.try_set_price(&s.ada, &1).is_err());
    assert!(s.client.try_clear_price(&s.ada).is_err());
    assert!(s.client.try_pay(&s.cal, &1_000, &PRICE).is_err());
    assert!(s.client.try_claim(&s.ada).is_err());
    assert!(s.client.try_list(&s.ada, &1, &1).is_err());
    assert!(s.client.try_unlist(&s.ben).is_err());
    assert!(s.client.try_buy(&s.ada, &s.ben, &1, &1).is_err());
    assert!(s.client.try_transfer(&s.ada, &s.ben, &1).is_err());
    let sold = s.client.try_sell_future(&s.ada, &1, &from, &until, &1);
    assert!(sold.is_err());
    assert!(s.client.try_withdraw_future(&s.ada, &id).is_err());
    assert!(s.client.try_buy_future(&s.ben, &id, &1).is_err());
    let hash = BytesN::from_array(&s.e, &[0; 32]);
    assert!(s.client.try_upgrade(&hash).is_err());
    s.check_sums();
}

#[test]
fn anybody_closes_a_funding_and_settles_a_future_and_carries_the_devices_word() {
    let s = priced();
    s.client.pay(&s.cal, &1_000, &PRICE);
    let (from, until) = (s.now() + SLOT, s.now() + 2 * SLOT);
    let id = s.client.sell_future(&s.ada, &1, &from, &until, &1);
    s.client.buy_future(&s.ben, &id, &1);
    s.e.set_auths(&[]);
    s.client.settle_future(&id);
    s.client
        .dispense(&s.cal, &5, &1, &s.signature(&s.cal, 5, 1));
    let s = site();
    s.wait(MONTH);
    s.e.set_auths(&[]);
    assert_eq!(s.client.close_funding(), State::Failed);
}

#[test]
fn a_pause_stops_business_and_never_the_way_out() {
    let s = priced();
    s.client.list(&s.ben, &10, &1);
    s.client.pay(&s.cal, &1_000, &PRICE);
    let (from, until) = (s.now() + SLOT, s.now() + 2 * SLOT);
    let sell = || s.client.try_sell_future(&s.ada, &1, &from, &until, &1);
    let [offered, sold, kept] = core::array::from_fn(|_| sell().unwrap().unwrap());
    s.client.buy_future(&s.ben, &sold, &1);
    s.client.pause(&s.admin);
    let signature = s.signature(&s.cal, 1, 1);
    for stopped in [
        code(s.client.try_fund(&s.ada, &1)),
        code(s.client.try_release(&0, &s.hash())),
        code(s.client.try_install(&s.key())),
        code(s.client.try_replace_device(&s.key())),
        code(s.client.try_activate(&s.requester, &1)),
        code(s.client.try_retire()),
        code(s.client.try_set_price(&s.ada, &1)),
        code(s.client.try_clear_price(&s.ada)),
        code(s.client.try_pay(&s.cal, &1_000, &PRICE)),
        code(s.client.try_dispense(&s.cal, &1, &1, &signature)),
        code(s.client.try_spend_maintenance(&s.ada, &1, &s.hash())),
        code(s.client.try_list(&s.ada, &1, &1)),
        code(s.client.try_buy(&s.ada, &s.ben, &1, &1)),
        code(s.client.try_transfer(&s.ada, &s.ben, &1)),
        code(sell()),
        code(s.client.try_buy_future(&s.ben, &kept, &1)),
    ] {
        assert_eq!(stopped, StewardError::Paused as u32);
    }
    assert!(s.client.claim(&s.ada) > 0);
    s.client.unlist(&s.ben);
    s.client.withdraw_future(&s.ada, &offered);
    s.client.settle_future(&sold);
    s.check_sums();
    s.client.unpause();
    s.client.buy_future(&s.ben, &kept, &1);
}

#[test]
fn a_paused_generator_refunds() {
    let s = site();
    s.client.fund(&s.ada, &100);
    s.client.pause(&s.admin);
    s.wait(MONTH);
    s.client.close_funding();
    s.client.refund(&s.ada);
    s.check_sums();
}

#[test]
fn without_its_settings_it_does_nothing() {
    let s = priced();
    let without = |name| {
        s.e.as_contract(&s.id, || {
            let key = (Symbol::new(&s.e, name),);
            s.e.storage().instance().remove(&key);
            s.e.storage().persistent().remove(&key);
        });
        GeneratorError::NotConfigured
    };
    assert_eq!(without("Escrow"), refusal(s.client.try_escrow()));
    assert_eq!(without("Book"), refusal(s.client.try_mean_price()));
    assert_eq!(without("Income"), refusal(s.client.try_claim(&s.ada)));
    assert_eq!(without("Device"), refusal(s.client.try_device()));
    let (from, until) = (s.now() + SLOT, s.now() + 2 * SLOT);
    let missing = without("Futures");
    let sold = s.client.try_sell_future(&s.ada, &1, &from, &until, &1);
    assert_eq!(missing, refusal(sold));
    assert_eq!(without("State"), refusal(s.client.try_state()));
    assert_eq!(without("Terms"), refusal(s.client.try_terms()));
}

mod common;

use common::{active, priced, refusal, site, PRICE, PURSE};
use generator::{Bought, GeneratorError, Listed, Transferred, Unlisted};

#[test]
fn listed_units_earn_for_the_seller_until_somebody_buys_them() {
    let s = priced();
    s.client.list(&s.ada, &4_000, &60_000);
    s.last_event(Listed {
        owner: s.ada.clone(),
        units: 4_000,
        price: 60_000,
    });
    s.client.pay(&s.cal, &1_000, &PRICE);
    let before = s.client.claimable(&s.ada);
    assert_eq!(before, 5_000 * (95 + 190));
    let purse = s.balance(&s.ada);
    assert_eq!(s.client.buy(&s.ben, &s.ada, &1_000, &60_000), 60_000_000);
    s.last_event(Bought {
        buyer: s.ben.clone(),
        seller: s.ada.clone(),
        units: 1_000,
        price: 60_000,
        amount: 60_000_000,
    });
    assert_eq!(s.balance(&s.ada), purse + 60_000_000);
    assert_eq!((s.units(&s.ada), s.units(&s.ben)), (4_000, 4_000));
    assert_eq!(s.client.owner(&s.ada).listed, 3_000);
    // The cut-off is the moment of the sale.
    assert_eq!(s.client.claimable(&s.ada), before);
    s.client.pay(&s.cal, &1_000, &PRICE);
    assert_eq!(s.client.claimable(&s.ada), before + 4_000 * 190);
    assert_eq!(s.client.claimable(&s.ben), 3_000 * (95 + 190) + 4_000 * 190);
    s.check_sums();
}

#[test]
fn somebody_new_earns_from_the_purchase_on_and_not_before() {
    let s = priced();
    s.client.list(&s.ada, &5_000, &1);
    s.client.buy(&s.requester, &s.ada, &5_000, &1);
    assert_eq!(s.client.claimable(&s.requester), 0);
    s.client.pay(&s.cal, &1_000, &PRICE);
    // Ada's submission went with her last unit, in the next slot.
    assert_eq!(s.client.claimable(&s.requester), 5_000 * 190);
    assert_eq!(s.client.claimable(&s.ada), 5_000 * 95);
    let owner = s.client.owner(&s.ada);
    assert_eq!((owner.units, owner.listed, owner.ask), (0, 0, 0));
    s.check_sums();
}

#[test]
fn a_community_buys_its_generator_out() {
    let s = active();
    for (owner, units) in [(&s.ada, 5_000), (&s.ben, 3_000), (&s.cal, 2_000)] {
        s.client.list(owner, &units, &60_000);
        s.client.buy(&s.requester, owner, &units, &60_000);
    }
    // The largest stake bounds the funding, not the market.
    assert_eq!(s.units(&s.requester), 10_000);
    s.check_sums();
}

#[test]
fn a_buyer_pays_at_most_what_they_said() {
    let s = active();
    s.client.list(&s.ada, &100, &60_000);
    s.client.list(&s.ada, &100, &70_000);
    let raised = refusal(s.client.try_buy(&s.ben, &s.ada, &10, &60_000));
    assert_eq!(raised, GeneratorError::PriceAboveLimit);
    assert_eq!(s.units(&s.ben), 3_000);
}

#[test]
fn a_purchase_that_is_not_paid_moves_no_units() {
    let s = active();
    s.client.list(&s.ada, &100, &PURSE);
    assert!(s.client.try_buy(&s.ben, &s.ada, &2, &PURSE).is_err());
    assert_eq!(s.units(&s.ben), 3_000);
    s.check_sums();
}

#[test]
fn only_what_is_listed_is_for_sale() {
    let s = active();
    let none = refusal(s.client.try_buy(&s.ben, &s.ada, &1, &1));
    assert_eq!(none, GeneratorError::NotListed);
    s.client.list(&s.ada, &100, &1);
    let more = refusal(s.client.try_buy(&s.ben, &s.ada, &101, &1));
    assert_eq!(more, GeneratorError::ListedTooFew);
    let nothing = refusal(s.client.try_buy(&s.ben, &s.ada, &0, &1));
    assert_eq!(nothing, GeneratorError::InvalidAmount);
    let own = refusal(s.client.try_buy(&s.ada, &s.ada, &1, &1));
    assert_eq!(own, GeneratorError::SelfTrade);
}

#[test]
fn nobody_lists_more_than_they_have_or_for_nothing() {
    let s = active();
    let more = refusal(s.client.try_list(&s.ada, &5_001, &1));
    assert_eq!(more, GeneratorError::UnitsLocked);
    let none = refusal(s.client.try_list(&s.ada, &0, &1));
    assert_eq!(none, GeneratorError::InvalidAmount);
    let free = refusal(s.client.try_list(&s.ada, &1, &0));
    assert_eq!(free, GeneratorError::InvalidAmount);
}

#[test]
fn a_new_listing_replaces_the_old_one() {
    let s = active();
    s.client.list(&s.ada, &5_000, &1);
    s.client.list(&s.ada, &4_000, &2);
    let owner = s.client.owner(&s.ada);
    assert_eq!((owner.listed, owner.ask), (4_000, 2));
    s.client.unlist(&s.ada);
    s.last_event(Unlisted {
        owner: s.ada.clone(),
    });
    let none = refusal(s.client.try_unlist(&s.ada));
    assert_eq!(none, GeneratorError::NotListed);
}

#[test]
fn listed_units_are_not_transferred() {
    let s = active();
    s.client.list(&s.ada, &4_000, &1);
    let locked = refusal(s.client.try_transfer(&s.ada, &s.ben, &1_001));
    assert_eq!(locked, GeneratorError::UnitsLocked);
    s.client.transfer(&s.ada, &s.ben, &1_000);
    s.last_event(Transferred {
        from: s.ada.clone(),
        to: s.ben.clone(),
        units: 1_000,
    });
    assert_eq!(s.client.owner(&s.ada).free(), 0);
    s.client.unlist(&s.ada);
    s.client.transfer(&s.ada, &s.ben, &4_000);
    s.check_sums();
}

#[test]
fn a_transfer_to_oneself_changes_nothing() {
    let s = priced();
    let (before, mean) = (s.client.owner(&s.ada), s.client.mean_price());
    s.client.transfer(&s.ada, &s.ada, &5_000);
    assert_eq!(s.client.owner(&s.ada), before);
    assert_eq!(s.client.mean_price(), mean);
    let more = refusal(s.client.try_transfer(&s.ada, &s.ada, &5_001));
    assert_eq!(more, GeneratorError::UnitsLocked);
    s.check_sums();
}

#[test]
fn a_transfer_cuts_the_income_off_at_its_moment() {
    let s = active();
    s.client.transfer(&s.ada, &s.requester, &2_000);
    assert_eq!(s.client.claimable(&s.ada), 475_000);
    assert_eq!(s.client.claimable(&s.requester), 0);
    let none = refusal(s.client.try_transfer(&s.ada, &s.ben, &0));
    assert_eq!(none, GeneratorError::InvalidAmount);
    s.check_sums();
}

#[test]
fn units_do_not_move_while_they_are_being_funded() {
    let s = site();
    s.client.fund(&s.ada, &6_000);
    let refused = refusal(s.client.try_transfer(&s.ada, &s.ben, &1));
    assert_eq!(refused, GeneratorError::WrongState);
    let refused = refusal(s.client.try_list(&s.ada, &1, &1));
    assert_eq!(refused, GeneratorError::WrongState);
}

//! Results, and how that of a bumped transaction sits inside the fee bump's.

use soroban_env_host::xdr::*;
use InnerTransactionResultResult as Inner;
use TransactionResultResult as Code;

use super::SignedTx;

pub fn result(code: Code, fee_charged: i64) -> TransactionResult {
    TransactionResult {
        fee_charged,
        result: code,
        ext: TransactionResultExt::V0,
    }
}

/// The result of a fee bump whose inner transaction came to `inner`.
pub fn inside(
    tx: &SignedTx,
    inner: TransactionResult,
    inner_fee: i64,
    fee_charged: i64,
) -> TransactionResult {
    let successful = matches!(inner.result, Code::TxSuccess(_));
    let pair = InnerTransactionResultPair {
        transaction_hash: Hash(tx.inner_hash),
        result: InnerTransactionResult {
            fee_charged: inner_fee,
            result: inner_code(inner.result),
            ext: InnerTransactionResultExt::V0,
        },
    };
    let code = match successful {
        true => Code::TxFeeBumpInnerSuccess(pair),
        false => Code::TxFeeBumpInnerFailed(pair),
    };
    result(code, fee_charged)
}

/// The hash by which the inner transaction of a fee bump can be asked for as well.
pub fn inner_hash(result: &TransactionResult) -> Option<[u8; 32]> {
    match &result.result {
        Code::TxFeeBumpInnerSuccess(pair) | Code::TxFeeBumpInnerFailed(pair) => {
            Some(pair.transaction_hash.0)
        }
        _ => None,
    }
}

fn inner_code(code: Code) -> Inner {
    match code {
        Code::TxSuccess(results) => Inner::TxSuccess(results),
        Code::TxFailed(results) => Inner::TxFailed(results),
        Code::TxTooEarly => Inner::TxTooEarly,
        Code::TxTooLate => Inner::TxTooLate,
        Code::TxMissingOperation => Inner::TxMissingOperation,
        Code::TxBadSeq => Inner::TxBadSeq,
        Code::TxBadAuth => Inner::TxBadAuth,
        Code::TxInsufficientBalance => Inner::TxInsufficientBalance,
        Code::TxNoAccount => Inner::TxNoAccount,
        Code::TxInsufficientFee => Inner::TxInsufficientFee,
        Code::TxBadAuthExtra => Inner::TxBadAuthExtra,
        Code::TxNotSupported => Inner::TxNotSupported,
        Code::TxBadSponsorship => Inner::TxBadSponsorship,
        Code::TxBadMinSeqAgeOrGap => Inner::TxBadMinSeqAgeOrGap,
        Code::TxMalformed => Inner::TxMalformed,
        Code::TxSorobanInvalid => Inner::TxSorobanInvalid,
        Code::TxFrozenKeyAccessed => Inner::TxFrozenKeyAccessed,
        Code::TxInternalError | Code::TxFeeBumpInnerSuccess(_) | Code::TxFeeBumpInnerFailed(_) => {
            Inner::TxInternalError
        }
    }
}

"""What the node says about itself, and how it answers calls that make no sense."""

import requests
from stellar_sdk import Keypair, xdr


def test_health_and_network(devnet):
    health = devnet.server.get_health()
    assert health.status == "healthy"
    assert health.oldest_ledger == 1
    assert requests.get(f"{devnet.url}/health", timeout=30).json()["status"] == "healthy"
    network = devnet.server.get_network()
    assert network.passphrase == "Stelltron Devnet ; 2026"
    assert network.friendbot_url == f"{devnet.url}/friendbot"
    assert devnet.server.get_version_info().protocol_version == 28


def test_latest_ledger_decodes(devnet, alice):
    latest = devnet.server.get_latest_ledger()
    header = xdr.LedgerHeader.from_xdr(latest.header_xdr)
    assert header.ledger_seq.uint32 == latest.sequence
    meta = xdr.LedgerCloseMeta.from_xdr(latest.metadata_xdr)
    assert meta.v2.ledger_header.hash.hash.hex() == latest.id


def test_ledgers_page_and_chain(devnet, alice, bob):
    page = devnet.server.get_ledgers(start_ledger=1, limit=2)
    assert [ledger.sequence for ledger in page.ledgers] == [1, 2]
    after = devnet.server.get_ledgers(cursor=page.cursor, limit=1).ledgers[0]
    header = xdr.LedgerHeaderHistoryEntry.from_xdr(after.header_xdr).header
    assert header.previous_ledger_hash.hash.hex() == page.ledgers[1].hash
    meta = xdr.LedgerCloseMeta.from_xdr(page.ledgers[1].metadata_xdr)
    assert len(meta.v2.tx_processing) == 1


def test_friendbot_takes_get_and_post_and_refuses_twice(devnet):
    by_query, by_form = Keypair.random(), Keypair.random()
    funded = devnet.fund(by_query.public_key)
    assert funded.json()["successful"]
    xdr.TransactionMeta.from_xdr(funded.json()["result_meta_xdr"])
    form = {"addr": by_form.public_key}
    assert requests.post(f"{devnet.url}/friendbot", data=form, timeout=30).ok
    again = devnet.fund(by_query.public_key)
    assert again.status_code == 400
    assert "AlreadyExist" in again.json()["detail"]
    assert devnet.fund("GNOT").status_code == 400


def test_errors_carry_the_codes_of_json_rpc(devnet):
    assert devnet.call("noSuchMethod")["error"]["code"] == -32601
    assert devnet.call("getTransaction")["error"]["code"] == -32602
    assert devnet.call("getTransaction", {"hash": "xyz"})["error"]["code"] == -32602
    assert devnet.call("getTransaction", ["positional"])["error"]["code"] == -32602
    assert devnet.call("getEvents", {"startLedger": 10**6})["error"]["code"] == -32600
    assert devnet.call("sendTransaction", {"transaction": "AAAA"})["error"]["code"] == -32602
    not_json = requests.post(devnet.url, data=b"{", timeout=30).json()
    assert not_json["error"]["code"] == -32700
    no_method = requests.post(devnet.url, json={"id": 7}, timeout=30).json()
    assert (no_method["id"], no_method["error"]["code"]) == (7, -32600)


def test_too_many_keys_are_refused(devnet):
    assert devnet.call("getLedgerEntries", {"keys": ["AAAA"] * 201})["error"]["code"] == -32602


def test_two_processes_cannot_share_a_folder(start_devnet, refused_start):
    first = start_devnet()
    assert "in use" in refused_start(folder=first.folder)


def test_a_folder_belongs_to_one_network(start_devnet, refused_start):
    first = start_devnet()
    assert first.stop() == 0
    other = refused_start("--passphrase", "Another ; 2026", folder=first.folder)
    assert "Stelltron Devnet ; 2026" in other


def test_testnet_limits(start_devnet):
    devnet = start_devnet("--limits", "testnet")
    key = xdr.LedgerKey(
        xdr.LedgerEntryType.CONFIG_SETTING,
        config_setting=xdr.LedgerKeyConfigSetting(xdr.ConfigSettingID.CONFIG_SETTING_CONTRACT_COMPUTE_V0),
    )
    entry = devnet.server.get_ledger_entries([key]).entries[0]
    setting = xdr.LedgerEntryData.from_xdr(entry.xdr).config_setting.contract_compute
    assert setting.tx_max_instructions.int64 == 100_000_000

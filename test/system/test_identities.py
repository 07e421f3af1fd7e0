# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What has an id has it alone, whichever shard gave it."""

WHO = {"name": "who", "match": {"path": "/who"}, "send": {"body": "${connection.id}"}}


def test_connections_of_all_shards_have_ids_of_their_own(loopback):
    one = loopback(WHO, shards=2)
    clients = [one.connect() for _ in range(100)]
    ids = []
    for client in clients:
        client.request("GET", "/who")
        ids.append(client.response().body)
    assert len(set(ids)) == 100
    assert all(each.isdigit() for each in ids)
    for client, name in zip(clients, ids):
        client.request("GET", "/who")
        assert client.response().body == name, "it stays the same"
        client.close()
    assert one.get("/who").body not in ids, "nobody gets one for a second time"

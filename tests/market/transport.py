"""The welfare of a market as a transport problem, solved unit by unit: slow, simple, and nothing of the engine's."""

from __future__ import annotations

from market.engine.auction import Quote
from market.engine.fees import GridFees


def best_welfare(asks: list[Quote], bids: list[Quote], fees: GridFees, feeders: list[int | None] | None = None) -> int:
    """Greatest sum of Wh x (bid - ask - fee), by successive shortest augmenting paths (Bellman-Ford)."""
    zones = range(len(fees.zones))
    network = _Network()
    for n, ask in enumerate(asks):
        network.edge("source", ("ask", n), ask.wh, 0)
        network.edge(("ask", n), ("sells", ask.zone), ask.wh, ask.limit)
    for n, bid in enumerate(bids):
        network.edge(("buys", bid.zone), ("bid", n), bid.wh, -bid.limit)
        network.edge(("bid", n), "sink", bid.wh, 0)
    for zone in zones:
        cap = feeders[zone] if feeders else None
        network.edge(("sells", zone), ("buys", zone), 10**6, fees.inside[zone])
        network.edge(("sells", zone), "common", 10**6 if cap is None else cap, fees.out[zone])
        network.edge("common", ("buys", zone), 10**6 if cap is None else cap, fees.into[zone])
    return -network.cheapest_flow("source", "sink")


class _Network:
    def __init__(self) -> None:
        # [from, to, capacity left, cost, number of the way back]
        self.edges: list[list] = []

    def edge(self, start: object, end: object, capacity: int, cost: int) -> None:
        self.edges.append([start, end, capacity, cost])
        self.edges.append([end, start, 0, -cost])

    def cheapest_flow(self, source: object, sink: object) -> int:
        """The least cost of any flow: paths are added while they still pay."""
        total = 0
        while True:
            cost: dict[object, int] = {source: 0}
            came: dict[object, int] = {}
            changed = True
            while changed:
                changed = False
                for number, (start, end, capacity, price) in enumerate(self.edges):
                    if capacity and start in cost and cost[start] + price < cost.get(end, 10**12):
                        cost[end], came[end], changed = cost[start] + price, number, True
            if cost.get(sink, 0) >= 0:
                return total
            path, at = [], sink
            while at != source:
                path.append(came[at])
                at = self.edges[came[at]][0]
            wh = min(self.edges[number][2] for number in path)
            for number in path:
                self.edges[number][2] -= wh
                self.edges[number ^ 1][2] += wh
            total += wh * cost[sink]

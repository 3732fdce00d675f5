// swift-format-ignore-file
// Written by scripts/embed from Sources/Drills/Scenarios/*.yaml; edit those files and run it again.

/// The drill scenarios that come with the program.
package enum BuiltinScenarios {
    /// Each file without its extension, and its text.
    package static let files: [(name: String, text: String)] = [
        (
            name: "bad-deploy",
            text: ##"""
                # A drill: a simulated incident that the room meets through ordinary files.
                #
                # Everything here is known to the simulator and the scorer only. The room sees the dumps,
                # logs and deploy records that follow from it. Durations are written 90s, 5m or 1h30m, shares
                # 35% or 0.35.

                name: bad-deploy                 # what `warroom drill` is called with: a-z, 0-9 and hyphens
                title: Checkout fails after a deploy
                summary: >-
                  Checkout's rollout of 4f2a91c makes four of its six instances time out on their upstream.
                  The canary on the same version stays well, payments was deployed minutes before, and a flag
                  was changed: none of that is the cause.

                region: us-east-1                # the label of every series

                # The load of every service moves slowly with the time of day and trembles by the second.
                traffic: {swing: 6%, period: 24h, noise: 2%}

                # The fleet. `calls` names the services that this one depends on, and the share of its requests
                # that call each: errors and slowness travel up along it. `zones` has one entry for each
                # instance.
                services:
                  edge:
                    tier: edge                   # edge, middleware or backend
                    calls: {checkout: 40%, cart: 35%}
                    customers: 100%              # share of customers it serves
                    on_call: edge-oncall
                    zones: [us-east-1a, us-east-1b]
                    version: 6be01d4             # what runs when the room opens
                    method: GET
                    requests_per_second: 120     # all instances together
                    error_ratio: 0.08%           # on any day
                    latency: {p50: 35ms, p99: 290ms}
                    logs:
                      format: clf                # json, logfmt, clf or java
                      lines_per_second: 1.2
                      messages: [/, /cart, /checkout, '/products/{n}', '/static/app.{id}.js', /healthz]
                      error: /checkout           # for clf a path, otherwise a text
                  checkout:
                    tier: middleware
                    calls: {payments: 60%, cart: 50%}
                    customers: 31%
                    on_call: payments-oncall
                    zones: [us-east-1a, us-east-1a, us-east-1b, us-east-1b, us-east-1c, us-east-1c]
                    version: 9c1e07b
                    method: POST
                    requests_per_second: 60
                    error_ratio: 0.15%
                    latency: {p50: 60ms, p99: 330ms}
                    pool: {max: 40, in_use: 8}   # database connections of each instance
                    queue: {name: orders, depth: 25}
                    logs:
                      format: json
                      lines_per_second: 1
                      messages:                  # {n}, {ms} and {id} vary from line to line
                        - 'order {id} placed in {ms} ms'
                        - 'price of basket {n} computed'
                        - 'session {id} renewed'
                      error: 'client closed the connection'
                  payments:
                    tier: backend
                    calls: {}
                    customers: 31%
                    on_call: payments-oncall
                    zones: [us-east-1b, us-east-1c]
                    version: 77ab310
                    method: POST
                    requests_per_second: 40
                    error_ratio: 0.1%
                    latency: {p50: 45ms, p99: 240ms}
                    pool: {max: 60, in_use: 27}
                    logs:
                      format: logfmt
                      lines_per_second: 0.6
                      messages: ['charge captured', 'authorisation {id} settled', 'ledger page {n} written']
                      error: 'card issuer declined'
                  cart:
                    tier: backend
                    calls: {}
                    customers: 64%
                    on_call: cart-oncall
                    zones: [us-east-1a, us-east-1c]
                    version: 2.18.4
                    method: GET
                    requests_per_second: 85
                    error_ratio: 0.06%
                    latency: {p50: 12ms, p99: 95ms}
                    queue: {name: reindex, depth: 60}
                    logs:
                      format: java
                      lines_per_second: 0.6
                      messages: ['Basket {id} loaded with {n} items', 'Evicted {n} idle baskets', 'Merged basket {id}']
                      error: 'Basket {id} has expired'

                # What breaks.
                fault:
                  kind: bad-deploy               # instances that run `version` fail until they run another
                  service: checkout
                  at: 75s                        # after the room's opening; the deploy is recorded at that moment
                  version: 4f2a91c
                  previous: 9c1e07b
                  instances: 80%                 # of the instances that are not the canary
                  rollout: 12s                   # from the first to the last instance that changes
                  ramp: 10s                      # from an instance's change to full strength
                  error_ratio: 34%               # of the requests to a broken instance
                  latency_factor: 8
                  recovery: 75s                  # from the right action to everything being well
                  message: 'upstream timeout after 1500 ms'
                  canary: {instance: 6, since: 42m}   # runs `version` already and stays well

                # What looks suspicious and is not the cause. Times are `before` or `after` the opening.
                decoys:
                  changes:
                    - kind: deploy               # deploy, flag or config
                      service: payments
                      before: 11m
                      version: 77ab310           # for a flag: its name
                      previous: 75c0e12
                      summary: log level of the ledger writer
                    - kind: flag
                      service: cart
                      before: 6m
                      version: new_pricing
                      summary: new_pricing on for 5 % of baskets
                  jobs:                          # slow background work: `cores` of the first instance
                    - service: cart
                      before: 4m
                      lasts: 25m
                      cores: 0.35
                      message: 'Reindex of catalogue shard {n} still running'
                  noise:
                    - {service: cart, every: 40s, level: warn, message: 'Slow read of shard {n}: {ms} ms'}
                    - {service: payments, every: 55s, level: warn, message: 'retrying webhook {id}'}
                    - {service: checkout, every: 70s, level: warn, message: 'tax table is {n} hours old'}

                # What a good commander would run, and what the scorer compares the ranking with.
                right: {action: rollback-deployment, target: checkout}
                truth: {hypothesis: deploy-regression, service: checkout}
                """## + "\n"
        ),
    ]
}

// swift-format-ignore-file
// Written by scripts/embed from Sources/Playbooks/Builtin/*.yaml; edit those files and run it again.

/// The playbooks that come with the program.
package enum BuiltinPlaybooks {
    /// Each file without its extension, and its text.
    package static let files: [(name: String, text: String)] = [
        (
            name: "high-error-after-deploy",
            text: ##"""
                # What to look at, what to suspect and what to do when errors rise after a deploy.
                #
                # Signals are named, never metrics: `error_ratio`, `traffic`, `saturation.connections`. In an
                # expression, NAME:baseline is that signal's value before the incident and NAME:edge the edge of its
                # band. {service}, {version} and {previous} are filled in from the change under suspicion.
                # Weights in bits: weak 1, moderate 2, strong 4, decisive 8. Evidence without data says nothing.
                id: high-error-after-deploy
                title: High error rate after a deploy
                applies_when:
                  - error_ratio above baseline
                check:
                  - Which service fails first on the request path, and since when
                  - What was deployed, switched or configured in the hour before the onset
                  - Whether failing instances share a version, a zone or a host
                  - Which log patterns are new on the failing service
                  - Whether the dependencies of the failing service are healthy
                  - Whether traffic changed before the errors did
                hypotheses:
                  - id: deploy-regression
                    statement: deploy {version} regressed {service}
                    prior: 1
                    evidence:
                      - for: errors rose soon after the deploy
                        change: deploy
                        within: 15m
                        weight: strong
                      - for: only instances on the new version are affected
                        versions: split
                        weight: strong
                      - against: the errors go on after the rollback
                        manual: true
                        weight: decisive
                    falsified_by: instances on the previous version fail as often, or the errors began before the deploy
                    fastest_test: compare the error ratio of instances on {version} with instances on {previous}
                  - id: dependency-failure
                    statement: "{dependency}, which {service} depends on, is failing"
                    prior: 0
                    evidence:
                      - for: calls to another service time out or are refused
                        pattern: connection refused
                        weight: weak
                      - against: the dependency answers a request made by hand
                        manual: true
                        weight: moderate
                    falsified_by: every dependency answers within its usual time and error ratio
                    fastest_test: look at the error ratio and latency of each dependency since before the onset
                  - id: traffic-surge
                    statement: more traffic than {service} can serve
                    prior: -1
                    evidence:
                      - for: traffic is more than one and a half times its baseline
                        promql: traffic > 1.5 * traffic:baseline
                        weight: strong
                      - against: traffic is within a quarter of its baseline
                        promql: (traffic < 1.25 * traffic:baseline) and (traffic > 0.75 * traffic:baseline)
                        weight: strong
                    falsified_by: traffic is where it was before the onset
                    fastest_test: compare requests per second now with the hour before
                  - id: saturation
                    statement: "{service} ran out of a resource (pool, memory, disk or connections)"
                    prior: 0
                    evidence:
                      - for: a pool reports that it is exhausted
                        pattern: pool exhausted
                        weight: moderate
                      - for: connections are refused because there are too many
                        pattern: too many connections
                        weight: moderate
                      - for: memory ran out
                        pattern: out of memory
                        weight: moderate
                    falsified_by: pools, memory, disk and connections are all below their limits
                    fastest_test: look at the saturation signals of {service} and of what it calls
                mitigations:
                  - action: disable-flag
                    why: a flag that was switched before the onset goes back in seconds and touches nothing else
                    could_break: whatever already relies on the flag; data written under it stays
                    monitor: error_ratio and the log patterns of {service} for 5 minutes
                    hypothesis: deploy-regression
                  - action: rollback-deployment
                    why: the version before {version} ran without these errors
                    could_break: schema or data changes that {previous} does not know; capacity is lower while instances restart
                    monitor: error_ratio, latency_p99 and traffic of {service} until they are at baseline for 10 minutes
                    hypothesis: deploy-regression
                do_nothing: a regression does not heal by itself; users keep failing at the present rate until the version or the flag is changed
                confirm:
                  - error_ratio and latency_p99 are at baseline for 10 minutes
                  - no instance runs the suspected version
                  - the new log patterns have stopped
                  - one affected user flow was tried by hand
                harden:
                  - let the canary stage stop on the error ratio of the new version alone
                  - add a test for the failing request
                  - alert on the new log pattern
                  - write down what the rollback could not undo
                defer_to:
                  - the owners of {service} for the fix itself
                  - the owners of the data when writes of the bad version must be repaired
                """## + "\n"
        ),
    ]
}

import Basics
import Testing

@testable import Metrics

/// A rule file as people keep for their machines, from reading to firing.
@Suite struct NodeAlertsTests {
    private static let text = #"""
        groups:
          - name: node.recordings
            interval: 30s
            rules:
              - record: instance:node_cpus:count
                expr: count without (cpu, mode) (node_cpu_seconds_total{mode="idle"})
              - record: instance:node_cpu_use:ratio
                expr: |
                  1 - avg without (cpu, mode) (
                    rate(node_cpu_seconds_total{mode="idle"}[5m])
                  )
              - record: instance:node_memory_use:ratio
                expr: 1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes
              - record: instance:node_load:per_cpu
                expr: node_load1 / on (instance, job) instance:node_cpus:count
          - name: node.alerts
            labels: {team: platform}
            limit: 50
            rules:
              - alert: NodeDown
                expr: up{job="node"} == 0
                for: 2m
                labels: {severity: critical}
                annotations:
                  summary: '{{ $labels.instance | stripPort }} does not answer'
              - alert: NodeFilesystemAlmostFull
                expr: |
                  (
                    node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs"}
                      / node_filesystem_size_bytes{fstype!~"tmpfs|ramfs"} < 0.05
                  and
                    node_filesystem_readonly == 0
                  )
                for: 5m
                labels: {severity: '{{ if lt $value 0.03 }}critical{{ else }}warning{{ end }}'}
                annotations:
                  summary: >-
                    {{ $labels.mountpoint }} on {{ $labels.instance }} has
                    {{ $value | humanizePercentage }} left
              - alert: NodeFilesystemFillsUp
                expr: predict_linear(node_filesystem_avail_bytes[6h], 24 * 3600) < 0
                for: 1h
                labels: {severity: warning}
              - alert: NodeMemoryTight
                expr: instance:node_memory_use:ratio > 0.95
                for: 10m
                keep_firing_for: 5m
                labels: {severity: warning}
                annotations:
                  summary: memory use {{ printf "%.1f" $value }} on {{ $labels.instance }}
              - alert: NodeLoadHigh
                expr: instance:node_load:per_cpu > 2
                annotations:
                  summary: 'load {{ humanize $value }} per CPU'
              - alert: NodeCpuBusy
                expr: instance:node_cpu_use:ratio > 0.9
                for: 15m
              - alert: NodeClockSkew
                expr: |
                  abs(node_timex_offset_seconds) > 0.05
                    and deriv(node_timex_offset_seconds[5m]) >= 0
                for: 10m
              - alert: NodeTextfileStale
                expr: time() - node_textfile_mtime_seconds > 86400
                annotations:
                  summary: 'not written for {{ $value | humanizeDuration }}'
              - alert: NodeNetworkErrors
                expr: |
                  increase(node_network_receive_errs_total[2m])
                    / increase(node_network_receive_packets_total[2m]) > 0.01
                for: 1h
              - alert: NodeDiskSlow
                expr: rate(node_disk_io_time_weighted_seconds_total[5m]) > 10
                for: 30m
              - alert: NodeRaidDegraded
                expr: node_md_disks_required - ignoring (state) node_md_disks{state="active"} > 0
              - alert: NodeFileDescriptors
                expr: node_filefd_allocated * 100 / node_filefd_maximum > 90
                for: 15m
              - alert: NodeSystemdUnitFailed
                expr: node_systemd_unit_state{state="failed"} == 1
                for: 5m
                annotations:
                  summary: |-
                    {{ range printf "up{instance=%q}" .Labels.instance | query -}}
                    up {{ .Value }}{{ end }}
              - alert: NodeMissing
                expr: absent(up{job="node"})
        """#

    private func sample(
        _ labels: [String: String], _ value: Double, in store: SeriesStore, at t: Int64
    ) {
        store.append(Labels(labels), t: t, v: value)
    }

    @Test func readsWithoutFindings() throws {
        let file = try RuleFile.load(text: Self.text, file: "node.yml")
        #expect(file.groups.map(\.rules.count) == [4, 14])
        #expect(file.notes.isEmpty)
        #expect(file.groups[1].rules[1].position == "node.yml:26:9")
    }

    @Test func firesWhatItShould() throws {
        let store = SeriesStore(retention: .seconds(1e6))
        var runner = RuleRunner(groups: try RuleFile.load(text: Self.text, file: "n.yml").groups)
        let host = ["instance": "db1:9100", "job": "node"]
        func metric(_ name: String, _ more: [String: String] = [:]) -> [String: String] {
            host.merging(more) { $1 }.merging(["__name__": name]) { $1 }
        }
        for t in stride(from: Int64(0), through: 720_000, by: 30_000) {
            sample(metric("up"), 1, in: store, at: t)
            for cpu in ["0", "1"] {
                let labels = metric("node_cpu_seconds_total", ["cpu": cpu, "mode": "idle"])
                sample(labels, Double(t) / 2000, in: store, at: t)
            }
            sample(metric("node_load1"), 5, in: store, at: t)
            sample(metric("node_memory_MemTotal_bytes"), 100, in: store, at: t)
            sample(metric("node_memory_MemAvailable_bytes"), 2, in: store, at: t)
            let disk = ["mountpoint": "/data", "fstype": "ext4"]
            sample(metric("node_filesystem_avail_bytes", disk), 4, in: store, at: t)
            sample(metric("node_filesystem_size_bytes", disk), 100, in: store, at: t)
            sample(metric("node_filesystem_readonly", disk), 0, in: store, at: t)
            let unit = ["name": "ssh.service", "state": "failed"]
            sample(metric("node_systemd_unit_state", unit), 1, in: store, at: t)
            _ = runner.evaluate(into: store, at: t)
        }
        let firing = runner.book.alerts.filter { $0.state == .firing }
        #expect(
            firing.map(\.name)
                == [
                    "NodeFilesystemAlmostFull", "NodeLoadHigh", "NodeMemoryTight",
                    "NodeSystemdUnitFailed",
                ])
        #expect(
            firing.map { $0.annotations["summary"] ?? "" } == [
                "/data on db1:9100 has 4% left", "load 2.5 per CPU", "memory use 1.0 on db1:9100",
                "up 1",
            ])
        #expect(firing[0].labels["severity"] == "warning" && firing[0].labels["team"] == "platform")
        #expect(firing.map(\.activeAt) == [0, 0, 0, 0])
        #expect(firing.map(\.firedAt) == [300_000, 0, 600_000, 300_000])
        #expect(runner.book.errors.isEmpty)
        let engine = EmbeddedEngine(snapshot: store.snapshot())
        let use = try engine.instant("instance:node_cpu_use:ratio", at: 720_000)
        #expect(use.value.elements.map(\.value) == [0.5])
    }
}

import Basics
import Testing

@testable import Logs

// Access lines, audit trails and the lines of public sets.
extension FormatTests {
    static let columns: [Row] = [
        Row(
            "CLF", #"10.0.0.1 - - [21/Aug/2026:10:00:00 +0000] "GET / HTTP/1.1" 503 12"#,
            time: "10:00:00.000", .error, #""GET / HTTP/1.1" 503 12"#),
        Row(
            "combined",
            #"""
            10.0.0.1 - u [21/Aug/2026:10:00:00 +0200] "GET / HTTP/1.1" 200 12 "-" "curl"
            """#,
            time: "08:00:00.000", .info),
        Row(
            "CLF with a virtual host",
            #"""
            a.example:80 10.0.0.1 - - [21/Aug/2026:10:00:00 +0000] "GET / HTTP/1.1" 404 \#
            1
            """#,
            time: "10:00:00.000", .warning),
        Row(
            "CLF with X-Forwarded-For",
            #"""
            10.0.0.1, 10.0.0.2 - - [21/Aug/2026:10:00:00 +0000] "GET / HTTP/1.1" 500 1
            """#,
            time: "10:00:00.000", .error),
        Row(
            "CLF with an empty request",
            #"""
            10.0.0.1 - - [21/Aug/2026:10:00:00 +0000] "-" 408 0 "-" "-"
            """#,
            time: "10:00:00.000", .warning),
        Row(
            "IIS",
            """
            #Fields: date time s-ip cs-method cs-uri-stem s-port c-ip sc-status time-tak\
            en
            """,
            "2026-08-21 10:00:00 10.0.0.1 GET /x 443 10.0.0.2 503 15", time: "10:00:00.000",
            .error),
        Row(
            "IIS, time alone", "#Date: 2026-08-21 09:00:00",
            """
            #Fields: time c-ip cs-method cs-uri-stem sc-status
            """,
            "10:00:00 10.0.0.2 GET /x 404", time: "10:00:00.000", .warning),
        Row(
            "W3C with the date behind", "#Fields: c-ip date time cs-uri-stem sc-status",
            "10.0.0.2 2026-08-21 10:00:00 /x 500", time: "10:00:00.000", .error),
        Row(
            "CloudFront", "#Version: 1.0",
            """
            #Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-s\
            tem sc-status cs(Referer)
            """,
            "2026-08-21\t10:00:00\tFRA2\t2390\t10.0.0.1\tGET\ta.example\t/x\t502\t-",
            time: "10:00:00.000", .error),
        Row(
            "AWS ALB",
            #"""
            https 2026-08-21T10:00:00.186641Z app/lb/50dc 10.0.0.1:2817 10.0.0.2:80 0.00\#
            0 0.001 0.000 502 200 34 366 "GET https://a.example:443/ HTTP/1.1" "curl/7" \#
            ECDHE TLSv1.2 arn:aws:x "Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0\#
             2026-08-21T09:59:59.185000Z "forward" "-" "-"
            """#,
            time: "10:00:00.186", .error, trace: "1-58337262-36d228ad5d99923122bbe354"),
        Row(
            "AWS ELB",
            #"""
            2026-08-21T10:00:00.945958Z my-elb 10.0.0.1:2817 10.0.0.2:80 0.000073 0.0010\#
            48 0.000057 404 404 0 29 "GET http://a.example:80/ HTTP/1.1" "curl/7" - -
            """#,
            time: "10:00:00.945", .warning),
        Row(
            "AWS ELB without a target",
            #"""
            2026-08-21T10:00:00.945958Z my-elb 10.0.0.1:2817 - -1 -1 -1 503 0 0 0 "GET h\#
            ttp://a.example:80/ HTTP/1.1" "curl/7" - -
            """#,
            time: "10:00:00.945", .error),
        Row(
            "AWS NLB",
            """
            tls 2.0 2026-08-21T10:00:00 net/n/c6 g3d4 10.0.0.1:51341 10.0.0.2:443 5 2 98\
             246 - arn:aws:acm:x - E tlsv12 - a.example - - - 2026-08-21T09:59:59
            """,
            time: "10:00:00.000", nil),
        Row(
            "AWS S3",
            #"""
            79a5 bucket [21/Aug/2026:10:00:38 +0000] 10.0.0.1 79a5 3E57427F3EXAMPLE REST\#
            .GET.VERSIONING - "GET /bucket?versioning HTTP/1.1" 503 - 113 - 7 - "-" "S3C\#
            onsole/0.4" -
            """#,
            time: "10:00:38.000", .error),
        Row(
            "AWS VPC flow",
            """
            2 123456789010 eni-1235b8ca 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1787306400 \
            1787306460 REJECT OK
            """,
            time: "10:00:00.000", nil),
        Row(
            "HAProxy",
            #"""
            Aug 21 10:00:01 lb1 haproxy[14389]: 10.0.0.1:33317 [21/Aug/2026:10:00:00.655\#
            ] http-in static/srv1 10/0/30/69/109 503 2750 - - ---- 1/1/1/1/0 0/0 {1} {} \#
            "GET /index.html HTTP/1.1"
            """#,
            time: "10:00:01.000", .error, service: "haproxy", host: "lb1"),
        Row(
            "HAProxy without syslog",
            #"""
            10.0.0.1:33317 [21/Aug/2026:10:00:00.655] http-in static/srv1 10/0/30/69/109\#
             200 2750 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"
            """#,
            time: "10:00:00.655", .info),
        Row(
            "Squid",
            """
            1787306400.123    374 10.0.0.1 TCP_MISS/504 1234 GET http://a.example/ - HIE\
            R_DIRECT/10.0.0.2 text/html
            """,
            time: "10:00:00.123", .error),
        Row(
            "auditd",
            """
            type=SYSCALL msg=audit(1787306400.123:24287): arch=c000003e syscall=2 succes\
            s=no exit=-13
            """,
            time: "10:00:00.123", nil),
        Row(
            "auditd with a node",
            """
            node=web1 type=USER_LOGIN msg=audit(1787306400.123:24287): pid=1 uid=0 res=f\
            ailed
            """,
            time: "10:00:00.123", nil, host: "web1"),
        Row(
            "uwsgi",
            """
            [pid: 7|app: 0|req: 1/1] 10.0.0.1 () {40 vars in 582 bytes} [Fri Aug 21 10:0\
            0:00 2026] GET /x => generated 9 bytes in 1 msecs (HTTP/1.1 500) 2 headers i\
            n 79 bytes (1 switches on core 0)
            """,
            time: "10:00:00.000", .error),
        Row(
            "gunicorn",
            """
            [2026-08-21 10:00:00 +0000] [7] [INFO] Booting worker
            """, time: "10:00:00.000", .info,
            "Booting worker"),
        Row(
            "PostgreSQL CSV",
            #"""
            2026-08-21 10:00:00.123 UTC,"u","db",123,"10.0.0.1:5432",64bf.0,1,"SELECT",2\#
            026-08-21 09:00:00 UTC,3/0,0,ERROR,42P01,"relation ""x"" does not exist",,,,\#
            ,,"select 1",15,,"psql","client backend",,0
            """#,
            time: "10:00:00.123", .error, #"relation "x" does not exist"#),
        Row(
            "Traefik CLF",
            #"""
            10.0.0.1 - - [21/Aug/2026:10:00:00 +0000] "GET / HTTP/1.1" 502 11 "-" "-" 1 \#
            "web@docker" "http://10.0.0.2:80" 3ms
            """#,
            time: "10:00:00.000", .error),
        Row(
            "Windows event as CSV",
            """
            8/21/2026 10:00:00 AM,Error,Disk,x
            """, time: "10:00:00.000", .error,
            "Disk,x"),
        Row(
            "Zookeeper",
            """
            2026-08-21 10:00:00,747 - WARN  [Peer[myid=1]:Q@774] - late
            """, time: "10:00:00.747",
            .warning),
        Row(
            "Hadoop",
            """
            2026-08-21 10:00:00,978 INFO [main] org.a.B: ok
            """, time: "10:00:00.978", .info,
            "[main] org.a.B: ok"),
        Row(
            "HPC",
            """
            134681 node-246 unix.hw state_change.unavailable 1787306400 1 Component down
            """,
            time: "10:00:00.000", nil),
        Row(
            "Thunderbird",
            """
            - 1787306400 2026.08.21 dn228 Aug 21 10:00:00 dn228/dn228 crond(pam_unix)[29\
            15]: end
            """,
            time: "10:00:00.000", nil),
        Row(
            "BGL as published",
            """
            - 1787306400 2026.08.21 R02-M1-N0 2026-08-21-10.00.00.363779 R02-M1-N0 RAS K\
            ERNEL INFO parity corrected
            """,
            time: "10:00:00.000", .info),
        Row(
            "Linux",
            """
            Aug 21 10:00:00 combo sshd(pam_unix)[19939]: failure; uid=0
            """, time: "10:00:00.000", nil,
            service: "sshd", host: "combo"),
        Row(
            "Android",
            """
            08-21 10:00:00.811  1702  2395 V WindowManager: x
            """, time: "10:00:00.811", .trace),
        Row(
            "OpenStack",
            """
            nova-compute.log.1.2026-08-20_13:55:31 2026-08-21 10:00:00.015 2931 ERROR no\
            va.compute [req-1 - - -] no
            """,
            time: "10:00:00.015", .error),
        Row(
            "Mac",
            """
            Aug 21 10:00:00 air com.apple.cts[43]: com.apple.S: scheduler
            """, time: "10:00:00.000", nil,
            service: "com.apple.cts", host: "air"),
        Row(
            "Mac launchd",
            """
            Aug 21 10:00:00 air com.apple.xpc.launchd[1] (com.apple.x[9]): Service exite\
            d
            """,
            time: "10:00:00.000", nil, "Service exited", service: "com.apple.xpc.launchd",
            host: "air"),
    ]
}

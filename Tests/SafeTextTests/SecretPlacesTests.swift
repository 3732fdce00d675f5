import SafeText
import Testing

/// Places where credentials stand that the labelled lines do not show, and harmless look-alikes.
/// Rules were mended where these failed at first: they keep what was reached and measure no recall.
/// `§` stands for the secret.
@Suite struct SecretPlacesTests {
    private let redactor = Redactor(key: TagKey(3, 0))

    static let names = """
        REDIS_PASSWORD JWT_SECRET STRIPE_SECRET_KEY access_key auth_token refresh_token id_token \
        encryption_key signing_key session_token ADMIN_PWD ldap_bind_pw oauth_client_secret \
        AWS_SESSION_TOKEN SECRET_KEY_BASE DATADOG_API_KEY accessToken clientSecret privateKey \
        dbPassword passcode csrf_token hmac_key keystore_password sasl.password vault-token \
        spring.datasource.password http.proxyPassword storage_account_key
        """.split(separator: " ").map(String.init)

    @Test(arguments: names)
    func namesOfSettings(_ name: String) {
        var generator = Seeded(state: UInt64(name.utf8.count))
        for length in [8, 12, 20, 40] {
            let secret = Self.secret(length, &generator)
            for line in [
                "INFO env \(name)=\(secret) REGION=eu", "{\"a\":1,\"\(name)\":\"\(secret)\"}",
                "config: \(name): '\(secret)'", "config \(name): \(secret)",
                "run --\(name)=\(secret) x", "<\(name)>\(secret)</\(name)>",
                "a%3Db%26\(name)%3D\(secret)%26c",
            ] {
                #expect(!redactor.redact(line).text.contains(secret), "\(line)")
            }
        }
    }

    static let places = [
        "headers X-Auth-Token: §", "headers map[X-Api-Key:[§] Accept:[*/*]]",
        #"headers: {"Ocp-Apim-Subscription-Key": ["§"]}"#, "Authorization: SharedKey acct §",
        "Proxy-Authorization: Token §", #"headers=[authorization:"Bearer §", Accept:"*/*"]"#,
        "Cookie: theme=dark; sid=§", "redis://:§@cache:6379/0", "mysql://app:p/§@db/x",
        "https://§@github.com/x/y",
        "jdbc:postgresql://app:§@db/x", "GET /b?sr=b&sig=§%3D&se=1", "GET /?jwt_secret=§",
        "sshpass -p § ssh host", "docker login -u u -p § reg", "mysqldump --password=§ db",
        "ldapsearch -x -w § -D cn", "openssl rsa -passin pass:§", "keytool -storepass § -list",
        "npm config set //r/:_authToken=§", "ALTER USER app PASSWORD '§'",
        #"CREATE USER a IDENTIFIED BY "§""#, "rabbitmqctl add_user u §", "htpasswd -bc f u §",
        "smbclient -U user%§ //h/s", "7z x -p§ a.7z", #"["--password","§"]"#,
        #"{"name":"DB_PASSWORD","value":"§"}"#, #"<add key="Password" value="§" />"#,
        "Server=db;User Id=x;Password=§;", "AccountName=x;AccountKey=§==;", "password\t§1aB",
        "&{User:bob Password:§ Host:x}", "Credentials(user=x, password=§)", "login with password §",
        "{\\\"api_key\\\": \\\"§\\\"}", "123456789:AA§bbbbbbbbbbbbb", "abc8Q~§bbbbbbbbbbbbbb",
        "line one\\nghp_§bbbbbbbbbbbbbbbb",
    ]

    @Test(arguments: places)
    func otherPlaces(_ place: String) {
        var generator = Seeded(state: 11)
        let secret = Self.secret(20, &generator)
        let parts = place.split(separator: "§", maxSplits: 1, omittingEmptySubsequences: false)
        let line = "2026-03-01T12:00:00Z INFO " + parts.joined(separator: secret)
        #expect(!redactor.redact(line).text.contains(secret), "\(redactor.redact(line).text)")
    }

    static let harmless = [
        "session_id=48cf241d-86ac-468e-a085-b686ca0300a8",
        "keyboard layout=us monkey=3 turnkey=yes",
        "prompt_tokens=512 total_tokens=600", "Authorization: Bearer <token>", "pass=12 fail=3",
        "PASS: TestLogin (0.02s)", "credential helper: store",
        "key_id=1234abcd sort_key=created_at",
        "SyntaxError: Unexpected token: punctuation", "UPDATE users SET password = :password",
        "UPDATE users SET password = @p1 WHERE id = 3", "passwd: all authentication tokens updated",
        "GOOGLE_APPLICATION_CREDENTIALS=/etc/gcp/key.json", "--password-file /run/secrets/db",
        "auth=ok auth: success", "country_code=DE code=ECONNREFUSED", "vault login successful",
        "signature=invalid sig=ok design=new", "Deleted cookie: SESSION", "api_key=[FILTERED]",
        "password=null secret=None token=undefined", "vault login -method=oidc", "Secret: updated",
        "mkdir -p /var/lib/app/data/x1", "GET http://h:80/a@b and http://h/a:b@c", "ps -a 1234",
        "nginx -p /etc/nginx -c conf",
        "iptables -A INPUT -p tcp --dport 80", "Set-Cookie: theme=dark; Path=/",
        "secret mounted at /var/run/secrets/token", "password is required", "eyJ is a prefix",
        "KeyError: 'password'", "identified by uuid 48cf241d-86ac-468e", "PWD=/srv/app1",
        "max_connections=100 connection: keep-alive", "token expires in 5m",
    ]

    @Test(arguments: harmless)
    func staysAsItIs(_ line: String) { #expect(redactor.redact(line).text == line) }

    /// Every form in which a value that we hold may travel.
    @Test func formsOfKnownValues() {
        let redactor = Redactor(.knowing(["s3cr \"t/ä+x=9"]), key: TagKey(3, 0))
        for line in [
            #"raw s3cr "t/ä+x=9 end"#, "q=s3cr%20%22t%2F%C3%A4%2Bx%3D9",
            "q=s3cr%20%22t%2f%c3%a4%2bx%3d9",
            "q=s3cr+%22t%2F%C3%A4%2Bx%3D9", #"json "s3cr \"t/ä+x=9""#,
        ] {
            let result = redactor.redact(line)
            #expect(result.findings.map(\.cls).contains("known"), "\(result.text)")
            #expect(!result.text.contains("s3cr"), "\(result.text)")
        }
    }

    /// Hostile repetitions: each would be quadratic if a rule looked ahead without consuming.
    @Test(
        arguments: [
            "token=[", "eyJ-", "password=\"", "sk-ant-", "sig=", "cookie:a=[", "://a:", "-p ",
            "Authorization: ", "a_token ", "%3dpw%3d", "<pw>", "\"password\",\"", "-----BEGIN ",
            "password is ", "=", ":", "AKIA", "key", "pass:$(",
        ])
    func longRepetitions(_ unit: String) {
        let text = String(repeating: unit, count: 64 * 1024 / unit.utf8.count)
        let once = redactor.redact(text)
        #expect(once.text.utf8.count > 0)
    }

    static func secret(_ length: Int, _ generator: inout Seeded) -> String {
        let alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
        let tail = (0..<length - 3).map { _ in alphabet.randomElement(using: &generator) ?? "q" }
        return "k7Q" + String(tail)
    }
}

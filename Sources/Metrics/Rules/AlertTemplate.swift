/// Fills `{{ … }}` in the labels and annotations of a rule.
package struct AlertTemplate: Sendable, Hashable {
    /// What rules are evaluated for, which templates can show.
    package struct Surroundings: Sendable, Hashable {
        package var externalLabels: [String: String]
        package var externalURL: String

        package init(externalLabels: [String: String] = [:], externalURL: String = "") {
            self.externalLabels = externalLabels
            self.externalURL = externalURL
        }
    }

    package let text: String
    private let name: String
    private let reading: Result<Template, TemplateError>

    /// - Parameter alert: the name of the rule, for messages.
    package init(_ text: String, alert: String) {
        self.text = text
        name = "__alert_" + alert
        do throws(TemplateError) {
            reading = .success(try Template(text))
        } catch {
            reading = .failure(error)
        }
    }

    /// Why the text cannot be read as a template, in the reference's words; nil when it can.
    package static func problem(_ text: String, alert: String) -> String? {
        do throws(TemplateError) {
            _ = try Template(text)
            return nil
        } catch {
            return "template: __alert_\(alert):\(place(error, text)): \(error.message)"
        }
    }

    package static func == (left: AlertTemplate, right: AlertTemplate) -> Bool {
        left.text == right.text && left.name == right.name
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }

    private static func place(_ error: TemplateError, _ text: String) -> String {
        let bytes = Array(text.utf8)
        return String(
            TextPosition.lineAndColumn(of: min(error.offset, bytes.count), in: bytes).line)
    }

    /// The text with everything filled in, or `<error expanding template: …>`, as the reference
    /// shows it: an alert never fails for its template.
    func expand(
        labels: Labels, value: Double, surroundings: Surroundings, engine: any QueryEngine,
        at t: Int64
    ) -> String {
        do throws(TemplateError) {
            let template = try reading.get()
            var evaluator = TemplateEvaluator(externalURL: surroundings.externalURL) {
                (text) throws(TemplateError) in
                do throws(QueryError) {
                    return try engine.instant(text, at: t).value.elements.map {
                        VectorSample(labels: $0.labels, t: t, v: $0.value)
                    }
                } catch {
                    throw TemplateError(message: error.message, offset: 0)
                }
            }
            let data = TemplateData(
                labels: labels.texts, externalLabels: surroundings.externalLabels,
                externalURL: surroundings.externalURL, value: value)
            return try evaluator.fill(template, with: data)
        } catch {
            let verb = if case .failure = reading { "parsing" } else { "executing" }
            return "<error expanding template: error \(verb) template \(name): template: \(name): "
                + "\(error.message)>"
        }
    }
}

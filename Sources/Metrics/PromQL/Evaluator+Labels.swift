extension Evaluator {
    /// `label_replace(v, target, replacement, source, expression)`.
    func labelReplace(
        _ arguments: [Expression], at t: Int64
    ) throws(QueryError) -> [Element] {
        let target = try string(arguments[1], at: t)
        let replacement = try string(arguments[2], at: t)
        let source = try string(arguments[3], at: t)
        let expression = try string(arguments[4], at: t)
        let pattern: RegexPattern
        do throws(RegexPattern.SyntaxError) {
            pattern = try RegexPattern(anchored: expression.bytes)
        } catch {
            throw .execution(
                "invalid regular expression in label_replace(): " + expression.string)
        }
        guard isLabelName(target) else {
            throw .execution(
                "invalid destination label name in label_replace(): " + target.string)
        }
        let replaced = try vector(arguments[0], at: t).map { element in
            let value = (element.labels.value(of: source) ?? .empty).bytes
            guard let captures = pattern.captures(value) else { return element }
            let text = pattern.expand(replacement.bytes, text: value, captures: captures)
            return Element(
                labels: element.labels.setting(target, to: ByteText(text)), value: element.value)
        }
        return try unique(replaced)
    }

    /// `label_join(v, target, separator, source…)`.
    func labelJoin(_ arguments: [Expression], at t: Int64) throws(QueryError) -> [Element] {
        let target = try string(arguments[1], at: t)
        let separator = try string(arguments[2], at: t)
        var sources: [ByteText] = []
        for argument in arguments.dropFirst(3) {
            let source = try string(argument, at: t)
            guard isLabelName(source) else {
                throw .execution("invalid source label name in label_join(): " + source.string)
            }
            sources.append(source)
        }
        guard isLabelName(target) else {
            throw .execution("invalid destination label name in label_join(): " + target.string)
        }
        let joined = try vector(arguments[0], at: t).map { element in
            let parts = sources.map { (element.labels.value(of: $0) ?? .empty).bytes }
            let text = Array(parts.joined(separator: separator.bytes))
            return Element(
                labels: element.labels.setting(target, to: ByteText(text)), value: element.value)
        }
        return try unique(joined)
    }

    /// Any UTF-8 text but the empty one.
    private func isLabelName(_ name: ByteText) -> Bool {
        !name.isEmpty && UTF8Check.isValid(name.bytes)
    }
}

extension Evaluator {
    /// `label_replace(v, target, replacement, source, expression)`.
    func labelReplace(_ inputs: [QueryPlan], _ grid: Grid) throws(QueryError) -> Rows {
        let target = try string(inputs[1])
        let replacement = try string(inputs[2])
        let source = try string(inputs[3])
        let expression = try string(inputs[4])
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
        let rows = try vector(inputs[0], grid)
        let derivation = LabelTable.Derivation.replaced(
            target: target, replacement: replacement, source: source, expression: expression)
        let table = rows.table.derived(derivation) { labels in
            let value = (labels.value(of: source) ?? .empty).bytes
            guard let captures = pattern.captures(value) else { return labels }
            let text = pattern.expand(replacement.bytes, text: value, captures: captures)
            return labels.setting(target, to: ByteText(text))
        }
        return try rows.merged(under: table)
    }

    /// `label_join(v, target, separator, source…)`.
    func labelJoin(_ inputs: [QueryPlan], _ grid: Grid) throws(QueryError) -> Rows {
        let target = try string(inputs[1])
        let separator = try string(inputs[2])
        var sources: [ByteText] = []
        for input in inputs.dropFirst(3) {
            let source = try string(input)
            guard isLabelName(source) else {
                throw .execution("invalid source label name in label_join(): " + source.string)
            }
            sources.append(source)
        }
        guard isLabelName(target) else {
            throw .execution("invalid destination label name in label_join(): " + target.string)
        }
        let rows = try vector(inputs[0], grid)
        let derivation = LabelTable.Derivation.joined(
            target: target, separator: separator, sources: sources)
        let table = rows.table.derived(derivation) { labels in
            let parts = sources.map { (labels.value(of: $0) ?? .empty).bytes }
            return labels.setting(
                target, to: ByteText(Array(parts.joined(separator: separator.bytes))))
        }
        return try rows.merged(under: table)
    }

    /// Any UTF-8 text but the empty one.
    private func isLabelName(_ name: ByteText) -> Bool {
        !name.isEmpty && UTF8Check.isValid(name.bytes)
    }
}

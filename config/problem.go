package config

import (
	"strconv"
	"strings"
)

// Problem is one thing wrong with a configuration, in the words of
// texts/bot.nl.yaml, for the operator. It never quotes a value that could be a
// secret.
type Problem struct {
	File string // as given to Load
	Line int    // 0: not tied to a line, for example because a key is missing
	Key  string // web.listen, roles.officers[2].reads
	Text string
}

// Error implements error: "file:line: key: text".
func (p Problem) Error() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			b.WriteString(":" + strconv.Itoa(p.Line))
		}
		b.WriteString(": ")
	}
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	return b.String() + p.Text
}

// Problems is everything wrong with a configuration, in the file's order.
type Problems []Problem

// Error implements error: one problem per line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

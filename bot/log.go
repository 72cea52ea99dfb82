package main

import (
	"fmt"
	"io"
	"log/slog"
)

// newLog returns the program's log: JSON lines with ids, kinds and counts,
// never content (P23).
func newLog(w io.Writer, level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("operations.log_level: %w", err)
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l})), nil
}

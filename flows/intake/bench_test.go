package intake_test

import (
	"testing"

	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/intake"
)

// The check is made at every start, which has 50 ms in all (DESIGN section 9).
func BenchmarkCheck(b *testing.B) {
	f := intake.Build(woerden())
	for b.Loop() {
		if err := flows.Check(f); err != nil {
			b.Fatal(err)
		}
	}
}

// A turn looks at the flow a handful of times.
func BenchmarkAt(b *testing.B) {
	f := intake.Build(woerden())
	s := intake.Report(flows.State{})
	for b.Loop() {
		f.At(s)
	}
}

package figures

// trendHalves is how many half-years the trend of the police shows.
const trendHalves = 8

// Entered is what the coördinator enters by hand.
type Entered struct {
	Police map[Half]PoliceCount `json:"police"`
}

// PoliceCount is the police's registrations (policy: "als we merken dat dit
// soort registraties sterk toenemen, werken we aan gerichte communicatie").
type PoliceCount struct {
	Vice   int `json:"vice"`   // zeden
	Images int `json:"images"` // beeldmateriaal
	Minors int `json:"minors"` // of these, about minors
}

// Registrations are all of them.
func (p PoliceCount) Registrations() int { return p.Vice + p.Images }

// trend are the half-years up to one of which the police's figures are known.
func (e Entered) trend(to Half) []Half {
	var out []Half
	for h := to - trendHalves + 1; h <= to; h++ {
		if _, known := e.Police[h]; known {
			out = append(out, h)
		}
	}
	return out
}

// Rises reports whether the registrations of the year that ends with a
// half-year are so many per cent above those of the year before, and by step or
// more: one on top of one is no trend. It is an advice to the coördinator, and
// no more (DECISIONS D).
func (e Entered) Rises(to Half, percent, step int) bool {
	year := func(last Half) (int, bool) {
		a, known := e.Police[last-1]
		b, too := e.Police[last]
		return a.Registrations() + b.Registrations(), known && too
	}
	now, known := year(to)
	before, knownBefore := year(to - 2)
	return known && knownBefore && now-before >= step && now*100 >= before*(100+percent)
}

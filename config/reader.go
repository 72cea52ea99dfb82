package config

import "slices"

// Readers are the people who may receive signals: the aandachtsfunctionarissen
// and the coördinatoren, each once.
func (c Config) Readers() []Person {
	var out []Person
	seen := map[Who]bool{}
	for _, p := range append(c.officers(), c.Roles.Coordinators...) {
		if !seen[p.Person] {
			seen[p.Person] = true
			out = append(out, p)
		}
	}
	return out
}

// ReadersOf are the officers who do not read all, but do read what comes from
// this department (DECISIONS B, "Who reads").
func (c Config) ReadersOf(department string) []Who {
	var out []Who
	for _, o := range c.Roles.Officers {
		if o.Reads == ReadsAssigned && slices.Contains(o.Departments, department) {
			out = append(out, o.Person)
		}
	}
	return out
}

// Role are the people of a role: "officers" or "coordinators". Where nobody is
// coördinator the officers stand in, so that an alarm reaches somebody.
func (c Config) Role(name string) []Person {
	if name == "coordinators" && len(c.Roles.Coordinators) > 0 {
		return c.Roles.Coordinators
	}
	return c.officers()
}

func (c Config) officers() []Person {
	var out []Person
	for _, o := range c.Roles.Officers {
		out = append(out, Person{Person: o.Person, Name: o.Name})
	}
	return out
}

// Right is somebody's role, for the review of rights (P16).
type Right struct {
	Role string // "officer", "coordinator", "dpo", "admin"
	Person
}

// Rights are all roles that the configuration gives, in its order.
func (c Config) Rights() []Right {
	var out []Right
	for _, l := range []struct {
		role string
		ps   []Person
	}{{"officer", c.officers()}, {"coordinator", c.Roles.Coordinators}, {"dpo", c.Roles.DPO}, {"admin", c.Roles.Admins}} {
		for _, p := range l.ps {
			out = append(out, Right{Role: l.role, Person: p})
		}
	}
	return out
}

package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The figures of a half-year are written beside the program that runs, the same
// bytes each time; one that still runs is refused in words.
func TestFiguresOfAHalfYear(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		p := start(t, crowd(1)+database)
		bot := func(args ...string) ran { return command(t, p.dir, append(p.args[:2:2], args...)...) }
		if got := bot("figures", "enter", "--half", "2025-2", "--vice", "7", "--images", "3"); got.code != 0 || got.err != "" {
			t.Fatalf("enter: %+v", got)
		}
		got := bot("figures", "--half", "2025-2", "-o", "a")
		if got.code != 0 || got.err != "" {
			t.Fatalf("figures: %+v", got)
		}
		if got := bot("figures", "--half", "2025-2", "-o", "b"); got.code != 0 {
			t.Fatalf("figures again: %+v", got)
		}
		files, err := filepath.Glob(filepath.Join(p.dir, "a", "*"))
		if err != nil || len(files) != 8 {
			t.Fatalf("got %v, %v", files, err)
		}
		for _, name := range files {
			first, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			again, err := os.ReadFile(filepath.Join(p.dir, "b", filepath.Base(name)))
			if err != nil || string(first) != string(again) {
				t.Errorf("%s differs the second time (%v)", filepath.Base(name), err)
			}
			if strings.HasSuffix(name, "2025-2.html") && !strings.Contains(string(first), "10–14") {
				t.Error("the page lacks what was entered")
			}
		}
		for args, want := range map[string]string{
			"figures --half 2999-1": "nog niet voorbij", "figures --half 2025": "halfjaar zoals", "figures --half 2025-1": "later halfjaar",
			"figures enter --half 2025-2 --vice=-1": "heel getal",
		} {
			if got := bot(strings.Fields(args)...); got.code != 1 || !strings.Contains(got.err, want) || strings.Count(got.err, "\n") != 1 {
				t.Errorf("%s: got %+v, want %q", args, got, want)
			}
		}
	})
}

// Packs of municipalities join, a form that was filled in by hand among them;
// what is wrong with a file is told with its line. It needs no database.
func TestFiguresMerge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bot := func(args ...string) ran { return command(t, dir, args...) }
	for _, name := range []string{"Woerden", "Montfoort", "Oudewater"} {
		write(t, dir, name+".yaml", "municipality: {name: "+name+"}\n")
		if got := bot("-c", name+".yaml", "figures", "example", "-o", name); got.code != 0 {
			t.Fatalf("example: %+v", got)
		}
	}
	if got := bot("figures", "form", "-o", "."); got.code != 0 {
		t.Fatalf("form: %+v", got)
	}
	forms, err := filepath.Glob(filepath.Join(dir, "formulier-*.csv"))
	if err != nil || len(forms) != 1 {
		t.Fatalf("got %v, %v", forms, err)
	}
	form, err := os.ReadFile(forms[0])
	if err != nil {
		t.Fatal(err)
	}
	filled := strings.NewReplacer("Naam van de gemeente;", "Naam van de gemeente;Lopik", "Alle signalen;", "Alle signalen;9", "Gedwongen of heel slecht werk;", "Gedwongen of heel slecht werk;8").Replace(string(form))
	write(t, dir, "lopik.csv", filled)
	half := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(forms[0]), "formulier-"), ".csv")
	packs := []string{"figures", "merge", "-o", "samen", "lopik.csv"}
	for _, name := range []string{"Woerden", "Montfoort", "Oudewater"} {
		packs = append(packs, filepath.Join(name, "voorbeeld-"+half+".json"))
	}
	if got := bot(packs...); got.code != 0 || got.err != "" {
		t.Fatalf("merge: %+v", got)
	}
	page, err := os.ReadFile(filepath.Join(dir, "samen", "samen-"+half+".html"))
	if err != nil || !strings.Contains(string(page), "Gemeenten Lopik, Woerden, Montfoort en Oudewater") || !strings.Contains(string(page), "Signalen per gemeente") || !strings.Contains(string(page), "verzonnen cijfers") {
		t.Errorf("the joined page is not whole (%v)", err)
	}
	write(t, dir, "fout.csv", strings.Replace(filled, "Alle signalen;9", "Alle signalen;negen", 1))
	write(t, dir, "fout.json", "{}")
	got := bot("figures", "merge", "-o", "fout", "fout.csv", "fout.json", "lopik.csv")
	for _, want := range []string{"fout.csv, regel 5: Schrijf hier een heel getal", "fout.json is geen cijferbestand"} {
		if got.code != 1 || !strings.Contains(got.err, want) {
			t.Errorf("got %+v, want %q", got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "fout")); err == nil {
		t.Error("something was written")
	}
}

module heddle.local/@NAME@

go 1.19

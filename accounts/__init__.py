"""Who people are, which clinic they belong to, and by which device they speak. Knows no diary and no plan."""
